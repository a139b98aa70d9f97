#include "models/tiny_graph.h"

#include <gtest/gtest.h>

#include <cstring>

namespace layerwatt::models {

TinyGraph::TinyGraph() {
  model_.set_ir_version(7);
  model_.mutable_graph()->set_name("tiny");
  opset("", 12);
}

TinyGraph& TinyGraph::input(const std::string& name, std::vector<std::int64_t> dimensions,
                            std::int32_t type) {
  auto* value = model_.mutable_graph()->add_input();
  value->set_name(name);
  auto* tensor = value->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  for (const std::int64_t dimension : dimensions) {
    auto* added = tensor->mutable_shape()->add_dim();
    if (dimension >= 0) {
      added->set_dim_value(dimension);
    } else {
      added->set_dim_param("N");
    }
  }
  return *this;
}

TinyGraph& TinyGraph::output(const std::string& name) {
  auto* value = model_.mutable_graph()->add_output();
  value->set_name(name);
  value->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  return *this;
}

TinyGraph& TinyGraph::weight(const std::string& name, std::vector<std::int64_t> dimensions,
                             float value) {
  auto* tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  std::int64_t count = 1;
  for (const std::int64_t dimension : dimensions) {
    tensor->add_dims(dimension);
    count *= dimension;
  }
  for (std::int64_t i = 0; i < count; ++i) tensor->add_float_data(value);
  return *this;
}

TinyGraph& TinyGraph::integers(const std::string& name, std::vector<std::int64_t> values) {
  auto* tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::INT64);
  tensor->add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) tensor->add_int64_data(value);
  return *this;
}

TinyGraph& TinyGraph::node(std::string_view type, std::initializer_list<std::string> inputs,
                           std::initializer_list<std::string> outputs, std::string_view domain,
                           std::string name) {
  auto* added = model_.mutable_graph()->add_node();
  added->set_op_type(std::string(type));
  added->set_domain(std::string(domain));
  added->set_name(name);
  for (const std::string& input : inputs) added->add_input(input);
  for (const std::string& output : outputs) added->add_output(output);
  return *this;
}

onnx::AttributeProto& TinyGraph::add_attribute(const std::string& name) {
  auto* node = model_.mutable_graph()->mutable_node(model_.graph().node_size() - 1);
  auto* attribute = node->add_attribute();
  attribute->set_name(name);
  return *attribute;
}

TinyGraph& TinyGraph::attribute(const std::string& name, std::int64_t value) {
  auto& attribute = add_attribute(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
  return *this;
}

TinyGraph& TinyGraph::ints(const std::string& name, std::vector<std::int64_t> values) {
  auto& attribute = add_attribute(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
  return *this;
}

TinyGraph& TinyGraph::text(const std::string& name, const std::string& value) {
  auto& attribute = add_attribute(name);
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s(value);
  return *this;
}

TinyGraph& TinyGraph::opset(const std::string& domain, std::int64_t version) {
  auto* opset = model_.add_opset_import();
  opset->set_domain(domain);
  opset->set_version(version);
  return *this;
}

std::vector<std::byte> TinyGraph::bytes() const {
  const std::string text = model_.SerializeAsString();
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

OnnxModel TinyGraph::parse() const {
  Result<OnnxModel> model = OnnxModel::parse(bytes(), "tiny.onnx");
  EXPECT_TRUE(model.has_value()) << model.error().to_string();
  return *std::move(model);
}

}  // namespace layerwatt::models
