// The actor in front of one replica. Private to the supervisor.
#pragma once

#include <caf/all.hpp>
#include <sluice/runtime/replica.hpp>
#include <string>

namespace sluice {

using start_atom = caf::atom_constant<caf::atom("start")>;  // -> std::string, empty: started
using wake_atom = caf::atom_constant<caf::atom("wake")>;    // there may be something to do
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using over_atom = caf::atom_constant<caf::atom("over")>;       // the loop's thread is done
using give_up_atom = caf::atom_constant<caf::atom("giveup")>;  // it won't be started again
using ended_atom = caf::atom_constant<caf::atom("ended")>;     // to the supervisor, with the index
using failed_atom = caf::atom_constant<caf::atom("failed")>;   // the same, and why

// Runs `replica`, and tells `supervisor` by `index` when it has failed or ended. The replica must
// outlive the actor.
caf::actor spawn_stage_actor(caf::actor_system& system, Replica& replica, std::size_t index,
                             caf::actor supervisor);

}  // namespace sluice
