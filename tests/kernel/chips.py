"""Power chips on the kernel's i2c-stub, which keeps registers and does nothing else: their registers are written as the
datasheets say that a chip holds them, so that the kernel's own drivers have something to read.

i2c-stub knows SMBus alone, whose words have their low byte first; the chips send the high byte first. The drivers swap,
so what is written here is swapped too. A block of bytes, as which INA238's 24-bit power is read, is made by i2c-stub
from the low bytes of words that follow one another.
"""

import ctypes
import fcntl
import os
import pathlib

I2C_SLAVE_FORCE = 0x0706  # uapi/linux/i2c-dev.h; forced, as a driver holds the address
I2C_SMBUS = 0x0720
SMBUS_READ = 1  # uapi/linux/i2c.h
SMBUS_WORD_DATA = 3


class SmbusData(ctypes.Union):
    _fields_ = [("byte", ctypes.c_uint8), ("word", ctypes.c_uint16), ("block", ctypes.c_uint8 * 34)]


class SmbusCall(ctypes.Structure):
    _fields_ = [("read_write", ctypes.c_uint8), ("command", ctypes.c_uint8), ("size", ctypes.c_uint32),
                ("data", ctypes.POINTER(SmbusData))]


class Bus:
    """The bus that i2c-stub made."""

    def __init__(self):
        for adapter in pathlib.Path("/sys/bus/i2c/devices").glob("i2c-*"):
            if (adapter / "name").read_text().strip() == "SMBus stub driver":
                self.adapter = adapter
                self.number = int(adapter.name.removeprefix("i2c-"))
                self.descriptor = os.open(f"/dev/i2c-{self.number}", os.O_RDWR)
                return
        raise RuntimeError("there is no bus of i2c-stub")

    def _call(self, address, register, read_write, data):
        fcntl.ioctl(self.descriptor, I2C_SLAVE_FORCE, address)
        fcntl.ioctl(self.descriptor, I2C_SMBUS,
                    SmbusCall(read_write, register, SMBUS_WORD_DATA, ctypes.pointer(data)))
        return data.word

    def raw(self, address, register, word):
        """The word as SMBus has it."""
        self._call(address, register, 0, SmbusData(word=word))

    def get(self, address, register):
        word = self._call(address, register, SMBUS_READ, SmbusData())
        return (word >> 8) | ((word & 0xFF) << 8)

    def set(self, address, register, value):
        value &= 0xFFFF
        self.raw(address, register, (value >> 8) | ((value & 0xFF) << 8))


class Chip:
    """One chip: bound to its driver and taken from it."""

    driver = ""

    def __init__(self, bus, address, kind=None):
        self.bus = bus
        self.address = address
        self.kind = kind or self.driver
        self.place = f"{bus.number}-{address:04x}"
        self.folder = pathlib.Path("/sys/bus/i2c/drivers") / self.driver

    def get(self, register):
        return self.bus.get(self.address, register)

    def set(self, register, value):
        self.bus.set(self.address, register, value)

    def add(self):
        """Tells the kernel of the chip, whose driver then probes it."""
        (self.bus.adapter / "new_device").write_text(f"{self.kind} 0x{self.address:02x}")
        return self

    def remove(self):
        if (pathlib.Path("/sys/bus/i2c/devices") / self.place).exists():
            (self.bus.adapter / "delete_device").write_text(f"0x{self.address:02x}")

    def unbind(self):
        (self.folder / "unbind").write_text(self.place)

    def bind(self):
        (self.folder / "bind").write_text(self.place)

    @property
    def hwmon(self):
        return next(pathlib.Path(f"/sys/bus/i2c/devices/{self.place}/hwmon").glob("hwmon*"))

    def attribute(self, name):
        return (self.hwmon / name).read_text().strip()

    def write(self, name, value):
        (self.hwmon / name).write_text(f"{value}\n")


class Ina3221(Chip):
    """TI SBOS576B, section 8.6: registers, resets and steps."""

    driver = "ina3221"
    CONFIG, SHUNT_1, BUS_1, CRITICAL_1, SUM, MASK_ENABLE = 0x00, 0x01, 0x02, 0x07, 0x0D, 0x0F
    SHUNT_STEP = 40e-6  # V, bits 15 to 3
    BUS_STEP = 8e-3  # V, bits 15 to 3
    CONVERSION_TIMES = (140, 204, 332, 588, 1100, 2116, 4156, 8244)  # µs
    AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)

    def __init__(self, bus, address):
        super().__init__(bus, address)
        for register in range(0x10):
            self.set(register, 0)
        self.set(self.CONFIG, 0x7127)
        for limit in range(6):
            self.set(self.CRITICAL_1 + limit, 0x7FF8)
        self.set(0x0E, 0x7FFE)
        # Conversions are ready; powers are valid.
        self.set(self.MASK_ENABLE, 0x0003)
        self.set(0x10, 0x2710)
        self.set(0x11, 0x0D90)
        self.shunts = [0, 0, 0]

    def load(self, channel, bus_steps, shunt_steps):
        """What the channel's last conversions gave, in the chip's own steps."""
        self.set(self.BUS_1 + 2 * (channel - 1), bus_steps << 3)
        self.set(self.SHUNT_1 + 2 * (channel - 1), shunt_steps << 3)
        self.shunts[channel - 1] = shunt_steps
        self.set(self.SUM, sum(self.shunts) << 1)

    @property
    def samples(self):
        return self.AVERAGES[self.get(self.CONFIG) >> 9 & 7]

    @property
    def conversion_times(self):
        """µs of shunt and bus."""
        config = self.get(self.CONFIG)
        return self.CONVERSION_TIMES[config >> 3 & 7], self.CONVERSION_TIMES[config >> 6 & 7]

    @property
    def enabled(self):
        return [bool(self.get(self.CONFIG) & 1 << (14 - channel)) for channel in range(3)]


class Ina238(Chip):
    """TI SLYS026A, section 7.6."""

    driver = "ina238"
    ADC_CONFIG, SHUNT, BUS, TEMPERATURE, CURRENT, POWER = 0x01, 0x04, 0x05, 0x06, 0x07, 0x08

    def __init__(self, bus, address):
        super().__init__(bus, address)
        for register in range(0x12):
            self.set(register, 0)

    def load(self, bus_steps, current_steps, power_steps):
        self.set(self.BUS, bus_steps)
        self.set(self.CURRENT, current_steps)
        for place, shift in enumerate((16, 8, 0)):
            self.bus.raw(self.address, self.POWER + place, power_steps >> shift & 0xFF)


class Ina2xx(Chip):
    """INA219 (TI SBOS448G) and INA226, INA230, INA231 (SBOS547A): the same registers, other steps. The drivers' calibration
    makes steps of current those of the shunt's voltage; later drivers read the latter."""

    driver = "ina2xx"
    CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION = range(6)

    def __init__(self, bus, address, kind):
        super().__init__(bus, address, kind)
        for register in range(8):
            self.set(register, 0)
        # What the drivers of later kernels look for.
        self.set(0xFE, 0x5449)
        self.set(0xFF, 0x2260)

    def load(self, bus_register, current_steps, power_steps):
        self.set(self.BUS, bus_register)
        self.set(self.SHUNT, current_steps)
        self.set(self.CURRENT, current_steps)
        self.set(self.POWER, power_steps)
