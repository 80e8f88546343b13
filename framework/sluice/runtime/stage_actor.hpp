// The actor in front of one replica. Private to the supervisor.
#pragma once

#include <caf/all.hpp>
#include <sluice/runtime/replica.hpp>
#include <string>

namespace sluice {

// To the actor: from the supervisor, and from what wakes a pump.
using start_atom = caf::atom_constant<caf::atom("start")>;
using give_up_atom = caf::atom_constant<caf::atom("giveup")>;  // it won't be started any more
using wake_atom = caf::atom_constant<caf::atom("wake")>;       // there may be something to do
using tick_atom = caf::atom_constant<caf::atom("tick")>;

// To the supervisor, with the index: each start is followed by `started` or `failed`, or `ended`.
using started_atom = caf::atom_constant<caf::atom("started")>;
using failed_atom = caf::atom_constant<caf::atom("failed")>;  // and why
using ended_atom = caf::atom_constant<caf::atom("ended")>;

// Runs `replica`, and tells `supervisor` by `index` when it has failed or ended. The replica must
// outlive the actor.
caf::actor spawn_stage_actor(caf::actor_system& system, Replica& replica, std::size_t index,
                             caf::actor supervisor);

}  // namespace sluice
