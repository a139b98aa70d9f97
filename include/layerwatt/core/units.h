#pragma once

#include <chrono>
#include <compare>

namespace layerwatt {

/// A physical quantity in its SI unit. Quantities of different kinds do not mix; scaling to and
/// from micro-units happens once, where text is parsed or printed.
template <class Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double in_si_unit) : value_(in_si_unit) {}

  /// In the SI unit (W, J, V, A).
  constexpr double value() const { return value_; }

  constexpr Quantity operator-() const { return Quantity(-value_); }
  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return a -= b; }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return a * k; }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  double value_ = 0.0;
};

using Watts = Quantity<struct WattTag>;
using Joules = Quantity<struct JouleTag>;
using Volts = Quantity<struct VoltTag>;
using Amperes = Quantity<struct AmpereTag>;
using Ohms = Quantity<struct OhmTag>;

/// Whole nanoseconds: the one resolution of all times in layerwatt.
using Duration = std::chrono::nanoseconds;

constexpr double to_seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }
constexpr double to_milliseconds(Duration d) { return static_cast<double>(d.count()) * 1e-6; }
constexpr double to_microseconds(Duration d) { return static_cast<double>(d.count()) * 1e-3; }
/// Rounds to the nearest nanosecond.
constexpr Duration from_seconds(double s) {
  return Duration(static_cast<Duration::rep>(s * 1e9 + (s < 0 ? -0.5 : 0.5)));
}

constexpr Watts operator*(Volts u, Amperes i) { return Watts(u.value() * i.value()); }
constexpr Watts operator*(Amperes i, Volts u) { return u * i; }
constexpr Volts operator*(Ohms r, Amperes i) { return Volts(r.value() * i.value()); }
constexpr Joules operator*(Watts p, Duration t) { return Joules(p.value() * to_seconds(t)); }
constexpr Joules operator*(Duration t, Watts p) { return p * t; }
/// Precondition: t is not zero.
constexpr Watts operator/(Joules e, Duration t) { return Watts(e.value() / to_seconds(t)); }

constexpr Watts watts(double v) { return Watts(v); }
constexpr Watts milliwatts(double v) { return Watts(v * 1e-3); }
constexpr Watts microwatts(double v) { return Watts(v * 1e-6); }
constexpr Joules joules(double v) { return Joules(v); }
constexpr Joules microjoules(double v) { return Joules(v * 1e-6); }
constexpr Volts volts(double v) { return Volts(v); }
constexpr Volts millivolts(double v) { return Volts(v * 1e-3); }
constexpr Volts microvolts(double v) { return Volts(v * 1e-6); }
constexpr Amperes amperes(double v) { return Amperes(v); }
constexpr Amperes milliamperes(double v) { return Amperes(v * 1e-3); }
constexpr Amperes microamperes(double v) { return Amperes(v * 1e-6); }
constexpr Ohms ohms(double v) { return Ohms(v); }

constexpr double in_milliwatts(Watts p) { return p.value() * 1e3; }
constexpr double in_microwatts(Watts p) { return p.value() * 1e6; }
constexpr double in_millijoules(Joules e) { return e.value() * 1e3; }
constexpr double in_microjoules(Joules e) { return e.value() * 1e6; }
constexpr double in_millivolts(Volts u) { return u.value() * 1e3; }
constexpr double in_milliamperes(Amperes i) { return i.value() * 1e3; }

}  // namespace layerwatt
