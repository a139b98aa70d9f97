#include "experiment/campaign/campaign_keys.h"

#include <algorithm>
#include <array>

namespace layerwatt {
namespace {

constexpr std::array kKeys = {
    CampaignKey{"batch"},
    CampaignKey{"dla-core"},
    CampaignKey{"dtype"},
    CampaignKey{"duration"},
    CampaignKey{"engine"},
    CampaignKey{"engine-cache"},
    CampaignKey{"idle-lead"},
    CampaignKey{"imgs"},
    CampaignKey{"input"},
    CampaignKey{"input-data"},
    CampaignKey{"input-shape"},
    CampaignKey{"min-block-size"},
    CampaignKey{"no-engine-cache", false, true},
    CampaignKey{"no-spin", false, true},
    CampaignKey{"optimization-level"},
    CampaignKey{"period", true},
    CampaignKey{"pin", true},
    CampaignKey{"precision"},
    CampaignKey{"profiled-runs"},
    CampaignKey{"rail", true},
    CampaignKey{"random-pause"},
    CampaignKey{"realtime", true},
    CampaignKey{"runs"},
    CampaignKey{"schedule"},
    CampaignKey{"seed"},
    CampaignKey{"sensor", true},
    CampaignKey{"sensor-samples"},
    CampaignKey{"spin", false, true},
    CampaignKey{"sysfs-root", true},
    CampaignKey{"tegrastats", true},
    CampaignKey{"tegrastats-interval", true},
    CampaignKey{"threads"},
    CampaignKey{"trtexec"},
    CampaignKey{"warmup"},
    CampaignKey{"workspace"},
};

}  // namespace

std::span<const CampaignKey> campaign_keys() { return kKeys; }

const CampaignKey* find_campaign_key(std::string_view name) {
  const auto found = std::find_if(kKeys.begin(), kKeys.end(),
                                  [&](const CampaignKey& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

}  // namespace layerwatt
