#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/models/tensor_shapes.h"

namespace layerwatt {

/// What a graph says about one of its inputs or outputs.
struct ModelTensor {
  std::string name;
  /// ONNX's name of the element type in lower case ("float", "float16", "bfloat16", "int64").
  std::string type;
  /// Outermost first; −1 where the dimension is free.
  std::vector<std::int64_t> dimensions;
  /// What the file calls a free dimension ("height"); empty where it has no name, or is not free.
  /// As many as dimensions.
  std::vector<std::string> dimension_names;
  /// False where the file does not even tell how many dimensions there are.
  bool is_ranked = true;
};

/// One node of a graph. Nodes without a name of their own get one: operator and position
/// ("Conv_3").
struct ModelNode {
  std::string name;
  /// The operator ("Conv").
  std::string type;
  /// The operator's set: "" for ONNX's own, "com.microsoft" for ONNX Runtime's.
  std::string domain;
  /// Names of tensors; empty where an optional one is left out.
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

/// An ONNX model in memory, nodes in an order in which they can run. Weights are held inside:
/// external data is read when the model is loaded. Movable, not copied.
class OnnxModel {
 public:
  /// Reads a file. kNotFound and kIo as the system says; otherwise as parse(). External data is
  /// looked for beside the file.
  static Result<OnnxModel> load(const std::filesystem::path& path);

  /// Parses the bytes of a file. `label` names it in errors. kParse: not ONNX, or cut short;
  /// kUnsupported: beyond 2 GiB, or with data in other files where `external_data_folder` is empty;
  /// kNotFound: a file of external data is missing.
  static Result<OnnxModel> parse(std::span<const std::byte> bytes, std::string_view label,
                                 const std::filesystem::path& external_data_folder = {});

  OnnxModel(OnnxModel&&) noexcept;
  OnnxModel& operator=(OnnxModel&&) noexcept;
  ~OnnxModel();

  /// The bytes of an .onnx file; the same model gives the same bytes. kUnsupported beyond 2 GiB.
  Result<std::vector<std::byte>> serialise() const;
  /// serialise() into a file, which is whole or not there.
  Result<void> save(const std::filesystem::path& path) const;

  /// What errors call the model: its path, or its built-in name.
  const std::string& label() const;

  /// What must be fed; weights that are listed as inputs, as old files do, are left out.
  std::vector<ModelTensor> inputs() const;
  std::vector<ModelTensor> outputs() const;
  std::vector<ModelNode> nodes() const;
  /// Gives each node the name at its place in nodes(). Precondition: as many names as nodes, no two
  /// alike.
  void rename_nodes(std::span<const std::string> names);

  /// Version of an operator set that the model imports; nullopt where it does not.
  std::optional<std::int64_t> opset(std::string_view domain = "") const;

  /// Elements of all floating-point weights. Running means and variances of batch normalisation are
  /// statistics, not parameters, and are left out, as PyTorch counts.
  std::int64_t parameter_count() const;

  /// Fixes the dimensions of one input and infers all shapes anew. kInvalidArgument: no such input,
  /// another number of dimensions, a dimension below 1, or a graph that cannot work with it; the
  /// model is then as it was.
  Result<void> set_input_shape(std::string_view input, std::span<const std::int64_t> dimensions);
  /// The same of several inputs at once, so that they need to fit only together.
  Result<void> set_input_shapes(const TensorShapes& shapes);
  /// Sets the first dimension of every input that has one.
  Result<void> set_batch(std::int64_t batch);
  /// Free dimensions of inputs become 1, which is what most models mean by them.
  Result<void> fix_free_dimensions();

  /// Dimensions of every tensor that shape inference knows. `known` comes first where it names a
  /// tensor.
  TensorShapes infer_shapes(const TensorShapes* known = nullptr) const;

  /// Whether the graph is well formed and every operator is defined: kUnsupported names the
  /// operators that are not, with domain and version; kParse says what else is wrong.
  Result<void> validate() const;

  /// The protobuf message and what belongs to it; private to this folder (models/onnx_proto.h).
  struct Proto;
  explicit OnnxModel(std::unique_ptr<Proto> proto);
  Proto& proto() { return *proto_; }
  const Proto& proto() const { return *proto_; }

 private:
  std::unique_ptr<Proto> proto_;
};

}  // namespace layerwatt
