#include "dataset/json_chunk_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace layerwatt {

JsonChunkStream::JsonChunkStream(int fd)
    : begin_(nullptr), next_(nullptr), end_(nullptr), fd_(fd), chunk_(std::size_t{1} << 18) {
  refill();
}

long JsonChunkStream::line() const { return 1 + lines_before_ + std::count(begin_, next_, '\n'); }

void JsonChunkStream::refill() {
  if (fd_ < 0) return;
  // Counted now, because the next chunk takes the place of this one.
  lines_before_ += std::count(begin_, end_, '\n');
  consumed_ += static_cast<std::size_t>(end_ - begin_);
  ssize_t got = 0;
  do {
    got = ::read(fd_, chunk_.data(), chunk_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) read_error_ = errno;
  begin_ = next_ = chunk_.data();
  end_ = begin_ + std::max<ssize_t>(got, 0);
}

}  // namespace layerwatt
