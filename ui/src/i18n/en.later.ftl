# What the menu, the end of the shift and enrolment say in English. It comes when it is wanted.

display = Display
theme = Theme
theme-day = Day
theme-night = Night
theme-sun = Sun
language = Language
language-en = English
language-zh-CN = 简体中文
text-size = Text size
size-percent = { $percent }%
working = While reading
sounds = Sounds
auto-next = Go on by itself after a right reading
on = On
off = Off
beside = After the reading
beside-note = While the verdict is shown, the probe reads on. You may take it off at any time.
beside-profile = Load profile
beside-off = Off
beside-days = { $days } days
beside-events = Events of the meter
devices = Probe and position
ports-none = Nothing is plugged in.
no-permission = no permission
ports-denied-do = A port that is refused: add this user to the group dialout (or uucp), then sign in again.
head = Kind of probe
head-unknown = Not known
head-contact = IEC contact
head-far-infrared = Far infrared
head-ansi = ANSI
lines = Power and wake-up
line-dtr = Line DTR
line-rts = Line RTS
line-leave = Leave
wake = Time to wake up
wake-none = None
wake-for = { $seconds } s
meter-keys = { $meters ->
    [0] No keys of meters on this device.
    [one] Keys of one meter on this device.
   *[other] Keys of { $meters } meters on this device.
  }
meter-keys-others = One key for all other meters.
meter-keys-broken = The keys cannot be used: { $reason }
trial = Test the probe
trial-hold = Hold the probe on white paper, about 1 cm away.
trial-running = Testing… { $done } of { $total }
trial-stop = Stop
trial-good = The probe works.
    .do = It hears all that it says.
trial-deaf = The probe hears nothing of itself.
    .do = Hold it on white paper and test again. Some probes take their own echo off: then read a meter instead. Else its lamp, its plug or its battery is at fault.
trial-weak = The probe hears itself badly.
    .do = Wipe its window and test again on white paper, closer and further off.
trial-dazzled = The probe hears what nobody says.
    .do = Shade it from sun and lamps, hold it away from meters, and test again.
trial-numbers = { $sent } bytes sent; heard at 300 Bd { $slow }, at 9600 Bd { $fast }; damaged { $damaged }; unasked { $ambient }.
probe-port = Probe
gnss-port = GPS
port-automatic = Automatic
port-none = None
position-good = Position within { $metres } m
position-none = No position yet
office-address = Office
about = About
version = Version { $version }
reader-name = Reader
keys-help = Keys
keys-main = Enter, Space, trigger: main action
keys-digits = 0–9: type a reading
keys-arrows = Up, down: other stop
keys-longer = L: search longer
keys-theme = T: theme
keys-undo = Z: undo
keys-back = Esc: back
map-credit = Practice town: © OpenStreetMap contributors, ODbL
font-credit = Typeface Inter, SIL Open Font License 1.1

shift-end = End of shift
shift-safe = Everything is saved on this device
shift-sent = The office has everything
send = { $count ->
    [one] Send 1 reading
   *[other] Send { $count } readings
  }
close-shift = Close shift
shift-closed = Shift closed
duration = { $hours } h { $minutes } min
per-reading = Per reading
probed = By probe
typed = Typed
walked = Walked
close-question = { $count ->
    [one] 1 stop is still to do. You can close anyway.
   *[other] { $count } stops are still to do. You can close anyway.
  }
sync-offline-note = Sends by itself when there is a network.
sync-sending-note = Sending now. Keep working.
sync-idle-note = Nothing waits on this device.
sync-no-network = No network. Everything is safe here and goes out by itself.
sync-unreachable = The office does not answer. Everything is safe here.
sync-revoked = The office has signed this device out. Your readings are safe. Ask the office.
sync-not-enrolled = This device is not signed in. Your readings are safe. Sign in first.
sync-clock = The clock of this device is wrong. Your readings are safe. Set the time.
sync-too-old = This version is too old for the office. Your readings are safe. Update the app.
sync-office-full = The office cannot take readings now. They are safe here and go out later.
sync-busy = The office is busy. Everything is safe here and goes out by itself.
sync-store = This device cannot read its own list. What was saved stays saved. Ask the office.
sync-broken = This device and the office do not understand each other. Your readings are safe. Ask the office.
sync-unknown = The office did not take them. Your readings are safe here.
enrol-title = Sign in this device
enrol-intro = The office gives you its address and a code that works once.
enrol-hub = Office address
enrol-hub-example = https://hub.example.org
enrol-code = One-time code
enrol-do = Sign in
enrol-working = Signing in…

leave-title = Without a network
leave-note = What waits here goes into one file that only the office can open. Carry it there on a stick. It stays here, too, until the office says that it has it.
leave-no-key = The office has told this device no recovery key yet. Send once over a network, or ask the office.
leave-where = Where to
leave-here = This device ({ $path })
leave-look = Look again
leave-do = Write the file
leave-running = Writing… { $done } of { $total }
leave-done = { $events ->
    [one] One event is in the file.
   *[other] { $events } events are in the file.
  }
leave-path = File { $path }
leave-hash = The office compares this number (SHA-256):
leave-code = The same number as a QR code
recovery-key = Recovery key

verdict-multiplier = The transformers make a factor of { $seen }, { $expected } was expected.
verdict-duplicate = The previous reading was taken { $minutes } minutes ago.
verdict-exchange-incomplete = The meter was exchanged, and register { $obis } has no end of the old meter or no start of the new one.
verdict-capacity = { $use } { $unit } is more than the connection can carry: { $most }.
verdict-unlikely = { $slip -> 
    [digit] Unusual here: perhaps one wrong digit.
    [transposition] Unusual here: perhaps two digits changed places.
    [shift] Unusual here: perhaps a digit too many or too few.
    [repeat] The previous reading again, though there usually is use.
   *[other] Unusual here: perhaps another meter.
 }
verdict-still-idle = No use for { $periods } periods.
verdict-tariffs-swapped = The times of use stand in each other’s place; right would be the order { $order }.
verdict-sustained-drop = Less than last season for { $periods } periods.
verdict-clock-drift = The meter’s clock is off by { $seconds } seconds.
verdict-prepaid-balance = Bought { $bought }, used { $use }, left { $left }: { $difference } does not add up.
verdict-meter-record = The meter recorded: { $record } ({ $count } ×).
verdict-far-away = { $metres } m away from the meter.
verdict-too-soon = { $metres } m from the last stop in { $seconds } s.
verdict-estimated-often = The last { $count } readings were estimated.

short-multiplier = Factor
short-duplicate = Twice
short-exchange-incomplete = Exchange
short-capacity = Too much
short-unlikely = Unlikely
short-still-idle = No use
short-tariffs-swapped = Swapped
short-sustained-drop = Dropping
short-clock-drift = Meter clock
short-prepaid-balance = Balance
short-meter-record = Meter record
short-far-away = Too far
short-too-soon = Too soon
short-estimated-often = Estimated

verdict-check-read-again = Read it once more and type it without looking at the first.
verdict-check-read-by-probe = Read it by the probe; typing it again is not enough.
verdict-check-photo = Take a photo of the register.
verdict-check-compare-serial = Compare the number on the face.
verdict-check-read-all = Read all registers once more.
verdict-check-compare-plate = Compare unit, digits and transformers with the plate.
verdict-check-compare-clocks = Compare this clock and the meter’s with the time.
verdict-check-both-readings = Write down the end of the old meter and the start of the new one.
verdict-check-ask-use = Ask how the place is used; look for lights and machines.
verdict-check-look-at-seals = Look at seals, covers and wires.
verdict-check-count-purchases = Count the receipts of what was bought.
verdict-check-go-there = Go to the meter.
verdict-check-compare-display = Compare with the display.
