#pragma once

namespace layerwatt::testing {

/// Counts what this thread allocates while it lives. One at a time.
class AllocationCounter {
 public:
  AllocationCounter();
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;
  int count() const;
};

}  // namespace layerwatt::testing
