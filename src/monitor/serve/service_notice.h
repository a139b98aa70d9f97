#pragma once

#include <string_view>

namespace layerwatt {

/// Tells systemd of a state ("READY=1", "STOPPING=1") where it waits for that (sd_notify(3)).
void notify_service_manager(std::string_view state);

}  // namespace layerwatt
