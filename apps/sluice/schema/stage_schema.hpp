// The schema of a stage's table, which depends on its type.
#pragma once

#include "schema/value_schema.hpp"

namespace sluice::app {

// The definitions of what a stage's table may say, one for each type, and of what is in it.
void add_stage_definitions(Json& definitions, Layer layer);
// Those of a stage of any type, and of a mailbox.
Json stage_reference(Layer layer);
Json mailbox_reference(Layer layer);

// A stage of a type that this sluice has.
Json known_type();

// What a stage's table must say where nothing is laid over or under the file: a type, what feeds
// it, and the parameters that must be given.
Json whole_stage();

}  // namespace sluice::app
