/* model.h - everything that a model may use. Models include this; the engine includes what it
 * needs. models/template.c is made to be copied; models/README.md explains it. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "sim/arrivals.h"
#include "sim/component.h"
#include "sim/copies.h"
#include "sim/entries.h"
#include "sim/fabric.h"
#include "sim/log.h"
#include "sim/param.h"
#include "sim/plugin.h"
#include "sim/policy.h"
#include "sim/queueing.h"
#include "sim/refill.h"
#include "sim/request.h"
#include "sim/ring.h"
#include "sim/sessions.h"
#include "sim/station.h"
#include "sim/table.h"
#include "sim/truth.h"
#include "sim/usage.h"
#include "sim/users.h"

#endif
