#include "prediction/polynomial_terms.h"

#include <cmath>

namespace layerwatt::prediction {
namespace {

void append_special(PublishedTable table, const std::vector<double>& x,
                    std::vector<double>& terms) {
  if (table == PublishedTable::kConvolutional) {
    // Input size times window times the output's width (not its channels), as published.
    const double operations = x[1] * x[2] * x[3] * x[7] * x[8] * x[6];
    terms.push_back(operations);
    terms.push_back(operations * x[0]);
  } else if (table == PublishedTable::kPooling) {
    const double input = x[0] * x[1] * x[2] * x[3];
    terms.push_back(input);
    terms.push_back(x[0] * x[4] * x[5] * x[6]);
    terms.push_back(input * x[7] * x[8]);
  }
}

}  // namespace

PipelineSettings pipeline_settings(PublishedTable table, PublishedTarget target) {
  const bool power = target == PublishedTarget::kPower;
  return {table == PublishedTable::kConvolutional && power,
          table == PublishedTable::kPooling && power,
          !(table == PublishedTable::kPooling && !power)};
}

std::vector<double> polynomial_terms(PublishedTable table, const PipelineSettings& settings,
                                     const std::vector<double>& features) {
  std::vector<double> x = features;
  if (settings.logarithms) {
    for (double& value : x) value = std::log1p(value);
  }
  std::vector<double> terms{1.0};
  for (const double a : x) terms.push_back(a);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i; j < x.size(); ++j) terms.push_back(x[i] * x[j]);
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i; j < x.size(); ++j) {
      for (std::size_t k = j; k < x.size(); ++k) terms.push_back(x[i] * x[j] * x[k]);
    }
  }
  append_special(table, features, terms);
  return terms;
}

}  // namespace layerwatt::prediction
