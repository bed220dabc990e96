#!/usr/bin/python3
"""mm1.py - M/M/1 in SimPy 3, the peer of floor_mm1.c.

    /usr/bin/python3 mm1.py CUSTOMERS [--resource]     (Debian package python3-simpy3)

Poisson arrivals at 0.8 of the service rate, one exponential server, first come first served. It
counts the customers served and measures nothing else. The default is the fastest way we found:
two processes and a queue kept by hand, an arrival waking the server only if it sleeps; so a
customer costs two timeouts and, one time in five, a wake-up event. --resource is how SimPy's
manual has it, a process for each customer and a simpy.Resource: about a quarter of the speed.
"""

import random
import sys
import time

import simpy

LOAD = 0.8


class Queue:
    """The customers who wait, as a count, and the event on which an idle server sleeps."""

    waiting = 0
    served = 0
    wake = None


def source(env, queue, customers):
    """Sends the customers in."""
    timeout, draw = env.timeout, random.expovariate
    for _ in range(customers):
        yield timeout(draw(LOAD))
        queue.waiting += 1
        if queue.wake is not None:
            queue.wake.succeed()
            queue.wake = None


def server(env, queue):
    """Serves one after another; sleeps when there is none."""
    timeout, draw = env.timeout, random.expovariate
    while True:
        if queue.waiting == 0:
            queue.wake = env.event()
            yield queue.wake
        yield timeout(draw(1.0))
        queue.waiting -= 1
        queue.served += 1


def by_hand(env, customers):
    """Two processes for all customers; gives the number served, once env has run."""
    queue = Queue()
    env.process(source(env, queue, customers))
    env.process(server(env, queue))
    return lambda: queue.served


def by_resource(env, customers):
    """A process for each customer; gives the number served, once env has run."""
    resource = simpy.Resource(env, 1)
    served = 0

    def customer():
        nonlocal served
        with resource.request() as turn:
            yield turn
            yield env.timeout(random.expovariate(1.0))
        served += 1

    def arrivals():
        for _ in range(customers):
            yield env.timeout(random.expovariate(LOAD))
            env.process(customer())

    env.process(arrivals())
    return lambda: served


def main():
    arguments = sys.argv[1:]
    build = by_resource if arguments[1:] == ["--resource"] else by_hand
    if len(arguments) != (2 if build is by_resource else 1) or not arguments[0].isdecimal():
        sys.exit("usage: mm1.py CUSTOMERS [--resource]")
    customers = int(arguments[0])
    random.seed(1)
    env = simpy.Environment()
    served = build(env, customers)
    start = time.perf_counter()
    env.run()
    taken = time.perf_counter() - start
    assert served() == customers
    print('{"customers_per_s": %.0f}' % (customers / taken))


main()
