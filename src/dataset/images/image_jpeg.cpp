#include <fmt/format.h>
#include <turbojpeg.h>

#include <memory>

#include "dataset/images/image_codecs.h"

namespace layerwatt {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Decompressor = std::unique_ptr<void, Destroy>;

Error damaged(const Decompressor& decompressor) {
  return Error(ErrorCode::kParse, fmt::format("the JPEG is damaged or cut short ({})",
                                              tjGetErrorStr2(decompressor.get())));
}

}  // namespace

Result<Image> decode_jpeg(std::span<const std::byte> bytes, std::int64_t most_pixels) {
  const Decompressor decompressor(tjInitDecompress());
  if (!decompressor) return Error(ErrorCode::kInternal, "libjpeg-turbo cannot begin to decode");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decompressor.get(), data, size, &width, &height, &subsampling,
                          &colours) != 0) {
    return damaged(decompressor);
  }
  if (auto ok = check_image_size(width, height, most_pixels); !ok) return std::move(ok).error();
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    return Error(ErrorCode::kUnsupported,
                 "the JPEG is in CMYK, for printing: convert it to RGB first");
  }
  Image image{width, height, {}};
  image.rgb.resize(static_cast<std::size_t>(3 * image.width * image.height));
  // A warning is half a picture with grey below; a picture of thousands of scans is an attack.
  constexpr int kFlags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  if (tjDecompress2(decompressor.get(), data, size, image.rgb.data(), width, 0, height, TJPF_RGB,
                    kFlags) != 0) {
    return damaged(decompressor);
  }
  return image;
}

}  // namespace layerwatt
