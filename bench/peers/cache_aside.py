#!/usr/bin/python3
"""cache_aside.py - cache-aside in SimPy 3, the peer of floor_cache_aside.c.

    /usr/bin/python3 cache_aside.py REQUESTS RATE          (Debian package python3-simpy3)

The same model with the same numbers: an open Poisson client with a timeout of 1 s, a service of
64 servers (exponential, 1.6 ms), an LRU cache of 10^5 of 10^6 Zipf(0.99) keys (20 us a lookup), a
store of 64 connections (exponential, 1 ms), links of 250 us each way on every hop. It starts
cold and measures nothing but the count. Written as SimPy's manual would have it: a process for a
request, a simpy.Resource for servers and connections, `reply | timeout` at the client, an
OrderedDict for the LRU order, bisect on the cumulated weights for the keys. Delays with nothing
between them (link and lookup, the two links of the reply) are one timeout, in SimPy's favour.
"""

import random
import sys
import time
from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate

import simpy

KEYS, CACHED, ZIPF = 1000000, 100000, 0.99
SERVERS, CONNECTIONS = 64, 64
LINK_S, LOOKUP_S, SERVICE_S, STORE_S, TIMEOUT_S = 250e-6, 20e-6, 1.6e-3, 1e-3, 1.0


class World:
    """What the processes share."""

    def __init__(self, env):
        self.env = env
        self.service = simpy.Resource(env, SERVERS)
        self.store = simpy.Resource(env, CONNECTIONS)
        self.cache = OrderedDict()
        self.weights = list(accumulate((k + 1) ** -ZIPF for k in range(KEYS)))
        self.answered = 0
        self.timeouts = 0


def request(world, key):
    """One request on its way through service, cache and, on a miss, store."""
    env, timeout, cache = world.env, world.env.timeout, world.cache
    yield timeout(LINK_S)
    with world.service.request() as server:
        yield server
        yield timeout(random.expovariate(1 / SERVICE_S))
    yield timeout(LINK_S + LOOKUP_S)
    if key in cache:
        cache.move_to_end(key)
    else:
        yield timeout(LINK_S)
        with world.store.request() as connection:
            yield connection
            yield timeout(random.expovariate(1 / STORE_S))
        yield timeout(LINK_S)
        cache[key] = env.now
        cache.move_to_end(key)
        if len(cache) > CACHED:
            cache.popitem(last=False)
    yield timeout(2 * LINK_S)


def attempt(world, key):
    """The client's half: waits for the reply, but no longer than the timeout."""
    reply = world.env.process(request(world, key))
    yield reply | world.env.timeout(TIMEOUT_S)
    if reply.triggered:
        world.answered += 1
    else:
        world.timeouts += 1


def client(world, requests, rate):
    """Sends the requests, whatever becomes of them."""
    total = world.weights[-1]
    for _ in range(requests):
        yield world.env.timeout(random.expovariate(rate))
        key = bisect_right(world.weights, random.random() * total, 0, KEYS - 1)
        world.env.process(attempt(world, key))


def main():
    if len(sys.argv) != 3 or not sys.argv[1].isdecimal() or int(sys.argv[1]) == 0:
        sys.exit("usage: cache_aside.py REQUESTS RATE")
    requests, rate = int(sys.argv[1]), float(sys.argv[2])
    random.seed(1)
    env = simpy.Environment()
    world = World(env)
    env.process(client(world, requests, rate))
    start = time.perf_counter()
    env.run()
    taken = time.perf_counter() - start
    assert world.answered + world.timeouts == requests
    print('{"requests_per_s": %.0f}' % (requests / taken))


main()
