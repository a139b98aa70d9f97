// A library with the functions of libnvidia-ml.so.1 that layerwatt calls, for tests. GPU 0 answers
// as a data-centre card does, GPU 1 as a Jetson Orin's. LAYERWATT_FAKE_NVML_FAILS keeps it from
// starting.

#include <cstdlib>
#include <cstring>

namespace {
int g_gpus[2];
unsigned g_power = 61500;
unsigned long long g_energy = 123456;
constexpr int kNotSupported = 3;
}  // namespace

extern "C" {
int nvmlInit_v2();
int nvmlShutdown();
int nvmlDeviceGetCount_v2(unsigned* count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device);
int nvmlDeviceGetName(void* device, char* name, unsigned length);
int nvmlDeviceGetPowerUsage(void* device, unsigned* power);
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy);
const char* nvmlErrorString(int code);

int nvmlInit_v2() { return std::getenv("LAYERWATT_FAKE_NVML_FAILS") == nullptr ? 0 : 9; }
int nvmlShutdown() { return 0; }
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &g_gpus[index];
  return 0;
}
int nvmlDeviceGetName(void*, char* name, unsigned length) {
  std::strncpy(name, "Test GPU", length);
  return 0;
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* power) {
  if (device != &g_gpus[0]) return kNotSupported;
  *power = g_power;
  g_power += 500;
  return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* energy) {
  if (device != &g_gpus[0]) return kNotSupported;
  *energy = g_energy;
  g_energy += 1000;
  return 0;
}
const char* nvmlErrorString(int code) { return code == 9 ? "Driver Not Loaded" : "Not Supported"; }
}
