// What the table of one stage says, but for its links.
#pragma once

#include <sluice/graph/document.hpp>
#include <sluice/graph/plan.hpp>
#include <sluice/graph/problems.hpp>
#include <sluice/graph/settings.hpp>
#include <string>

namespace sluice {

// The stage type that `type = "..."` names. Null if there is none, which is reported.
const StageType* find_type(const Value& value, Problems& problems);

// The value's table; null if it is none, which is reported: "'mailbox' takes a table, ...".
const Table* expect_table(const Entry& entry, const std::string& such_as, Problems& problems);

struct StageSettings {
  Settings parameters;  // the type's, and workers and optional
  Settings mailbox;
  Settings restart;
};

// `variables_stand`: see SettingsReader.
StageSettings read_stage(const Table& table, const std::string& name, const StageType& type,
                         Problems& problems, bool variables_stand = false);
Settings read_mailbox(const Entry& entry, const std::string& of, Problems& problems,
                      bool variables_stand = false);

// The type's rules, what the graph says for all stages laid over them, and what the stage says over
// that.
MailboxRules mailbox_of(const StageType& type, const Settings& graph, const Settings& stage);
RestartRules restart_of(const Settings& stage);

}  // namespace sluice
