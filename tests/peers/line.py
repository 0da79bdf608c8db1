"""A pseudo-terminal that keeps the time of a real line: every bit at its moment, garbage where the speeds differ."""

import fcntl
import heapq
import itertools
import os
import pty
import random
import select
import struct
import sys
import time
import tty

# Asks a terminal for its settings with any speed, in 44 bytes: four words of flags, characters, two speeds. Linux.
TCGETS2, SETTINGS = 0x802C542A, struct.Struct("4I20x2I")
# The line rests on this level.
REST = 1


class Shape:
    """Speed and look of characters; eight data bits, as every adapter sends them."""

    def __init__(self, baud, even=False):
        self.baud, self.even = baud, even

    def __eq__(self, other):
        return (self.baud, self.even) == (other.baud, other.even)

    @property
    def span(self):
        """Seconds of one character, start and stop included."""
        return (11 if self.even else 10) / self.baud

    def levels(self, byte):
        """The bits on the wire, in their order."""
        bits = [byte >> at & 1 for at in range(8)]
        return [0, *bits, *([sum(bits) & 1] if self.even else []), REST]


def heard(byte, sent, ears):
    """What a receiver set to `ears` takes one character sent as `sent` for: bytes, None for one it cannot use."""
    if sent == ears:
        return [byte]
    levels, scale = sent.levels(byte), sent.baud / ears.baud

    def level(at):
        place = int(at * scale)
        return levels[place] if 0 <= place < len(levels) else REST

    found, at, end = [], 0.0, len(levels) / scale
    while at < end:
        if level(at + 0.5) == REST:
            at += 0.25
            continue
        bits = [level(at + 1.5 + place) for place in range(8)]
        after = at + 9.5
        good = True
        if ears.even:
            good = level(after) == sum(bits) & 1
            after += 1
        good = good and level(after) == REST
        found.append(sum(bit << place for place, bit in enumerate(bits)) if good else None)
        at = after + 0.5
    return found


class Line:
    """The wire between a pseudo-terminal and one meter.

    A meter has `shape`, `hear(byte)` and `line`, which is this; it answers with `line.say`. Seven bits with parity are
    the meter's own work, as they are the reader's.
    """

    def __init__(self, meter, echo="none", noise=0.0, seed=1):
        self.meter, self.echo, self.noise, self.dice = meter, echo, noise, random.Random(seed)
        self.host, self.port = pty.openpty()
        tty.setraw(self.port)
        fcntl.fcntl(self.host, fcntl.F_SETFL, os.O_NONBLOCK)
        self.todo, self.order = [], itertools.count()
        # When the last bit of either side has left the wire.
        self.host_until = self.meter_until = 0.0
        meter.line = self

    @property
    def path(self):
        return os.ttyname(self.port)

    def say(self, octets, after=0.0, then=None):
        """The meter sends this `after` seconds of rest; `then` is called when its last bit is out."""
        at = max(time.monotonic(), self.meter_until) + after
        shape = self.meter.shape
        for byte in octets:
            at += shape.span
            self.at(at, lambda byte=byte: self.to_host(byte, shape))
        self.meter_until = at
        if then:
            self.at(at, then)

    def at(self, when, what):
        heapq.heappush(self.todo, (when, next(self.order), what))

    def run(self):
        """Until standard input ends: whoever started this has gone, too."""
        watch = select.poll()
        watch.register(self.host, select.POLLIN)
        watch.register(sys.stdin, select.POLLIN)
        while True:
            while self.todo and self.todo[0][0] <= time.monotonic():
                heapq.heappop(self.todo)[2]()
            wait = max(0.0, self.todo[0][0] - time.monotonic()) * 1000 if self.todo else None
            for number, _ in watch.poll(wait):
                if number == self.host:
                    self.from_host(os.read(self.host, 4096))
                elif not os.read(number, 4096):
                    return

    def host_shape(self):
        """A pseudo-terminal keeps the speed that was set and never a parity: that is taken for the meter's."""
        speed = SETTINGS.unpack(fcntl.ioctl(self.port, TCGETS2, bytes(SETTINGS.size)))[-1]
        return Shape(speed or 1, self.meter.shape.even)

    def from_host(self, octets):
        shape = self.host_shape()
        at = max(time.monotonic(), self.host_until)
        # A head of which half of the light comes back.
        echoed = {"none": 0, "cut": len(octets) // 2, "whole": len(octets)}[self.echo]
        for place, byte in enumerate(octets):
            at += shape.span
            self.at(at, lambda byte=byte: self.to_meter(byte, shape))
            if place < echoed:
                self.at(at, lambda byte=byte: self.to_host(byte, shape))
        self.host_until = at

    def to_meter(self, byte, shape):
        for found in heard(self.disturbed(byte), shape, self.meter.shape):
            if found is not None:
                self.meter.hear(found)

    def to_host(self, byte, shape):
        # As the system hands out what it cannot use.
        found = heard(self.disturbed(byte), shape, self.host_shape())
        os.write(self.host, bytes(octet or 0 for octet in found))

    def disturbed(self, byte):
        """Noise turns one bit."""
        return byte ^ 1 << self.dice.randrange(8) if self.dice.random() < self.noise else byte
