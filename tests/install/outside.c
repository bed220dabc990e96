/* An outside program on the installed library: 100,000 customers come to an M/M/1 queue. */
#include <sim/kernel.h>
#include <sim/random.h>
#include <stdio.h>

struct queue {
    struct sim_stream stream;
    int64_t present, served;
};

static void leave(struct sim *sim, void *self, sim_arg arg)
{
    struct queue *queue = self;
    queue->served++;
    if (--queue->present > 0) {
        sim_after(sim, (sim_time)(5e8 * sim_draw_exponential(&queue->stream)), leave, self, arg);
    }
}

static void arrive(struct sim *sim, void *self, sim_arg arg)
{
    struct queue *queue = self;
    sim_after(sim, (sim_time)(1e9 * sim_draw_exponential(&queue->stream)), arrive, self, arg);
    if (queue->present++ == 0) {
        sim_after(sim, (sim_time)(5e8 * sim_draw_exponential(&queue->stream)), leave, self, arg);
    }
}

int main(void)
{
    struct queue queue = {0};
    struct sim *sim = sim_new(NULL);
    sim_stream_init(&queue.stream, 1, 0, "queue", "all");
    sim_soon(sim, arrive, &queue, (sim_arg){0});
    enum sim_outcome outcome = sim_run_until(sim, 100000 * SIM_SECOND);
    printf("%lld served, hash %016llx\n", (long long)queue.served, (long long)sim_event_hash(sim));
    sim_free(sim);
    /* Poisson with mean 100,000: 98,000 to 102,000 is more than six standard deviations. */
    return outcome == SIM_REACHED && queue.served > 98000 && queue.served < 102000 ? 0 : 1;
}
