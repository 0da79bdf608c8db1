# Every sentence of the window in English. Buttons: 14 letters at most.
# An error says what happened (value), what is safe (.safe) and what to do (.do).

app-name = Lamplighter
trigger-or-enter = Trigger or Enter
back = Back
menu = Menu
menu-of = Menu, { $initials }
change-theme = Change theme
left = { $count } left
practice = Practice
metres = { $metres } m
progress = { $done } of { $total } done

# List
filter-todo = To do
filter-check = Check
filter-all = All
read = Read
keypad = Keypad
skip = Skip
show = Show
undo-last = Undo No. { $number }
list-label = Stops
current-stop = Current stop
list-empty-check = Nothing to check.
list-empty-todo = All stops are done.
list-empty-all = No stops yet.
no-round = No round on this device
no-round-do = Fetch the rounds from the office. Needs a network once.
fetch-round = Get rounds
all-done = All stops visited
all-done-do = Have a look at the shift, then close it.
to-shift-end = End of shift
bearing = Direction { $degrees }°
last-reading = Last reading
last-reading-on = Last reading, { $day }
first-reading = First reading
last = Last { $value }
usage-history = Use, last { $count } readings
no-history = No history yet
registers = Registers
hints = Hints
no-hints = No hints for this place
status-todo = To do
status-right = Right
status-doubtful = Check
status-wrong = Wrong
status-skipped = Skipped
held-device = on this device

# Read
reading-meter = Reading meter…
hold-probe = Hold the probe on the port
step-connected = Probe connected
step-asking = Asking, attempt { $attempt }
step-answered = Meter answered
step-receiving = Getting data
step-repeating = Asking again
step-judging = Checking
bytes = { $bytes } B
seconds-unit = s
baud = { $identity } · { $baud } Bd
cancel = Cancel
type-instead = Type instead
try-again = Try again
stopping = Stopping…

# Verdict
level-right = Looks right
level-doubtful = Please check
level-wrong = Looks wrong
use-since = { $use } { $unit } since { $day }
first-use = First reading of this meter
undo = Undo
next = Next
read-again = Read again
type-again = Type again
keep-reading = Keep it
stay = Stay
next-in = Next in { $seconds } s
saved-device = Saved on this device
saved-office = The office has it
by-probe = By probe
by-keypad = Typed
usual = usual { $low }–{ $high }
range-label = { $value } { $unit }, usual { $low } to { $high }
bars-label = Use per reading, { $count } bars, the last one { $last }
other-registers = Other registers
wrong-meter-title = Another meter
wrong-meter = This is { $serial } ({ $address }).
wrong-meter-done = This is { $serial } ({ $address }). It has been read already.
wrong-meter-unknown = This is { $serial }. It is not on this round.
wrong-meter-expected = Expected here: { $serial }
wrong-meter-safe = Nothing was saved. Nothing is lost.
take-for = Take it for No. { $number }

# What the rules found. Variables come from the rule.
verdict-digits = { $value } does not fit this register: { $integers } digits and { $decimals } decimals.
verdict-format = The meter sent a value that is not a number.
verdict-backwards = Went backwards: { $previous } before, { $value } now.
verdict-rolled-over = The register has passed its last number and started again at zero.
verdict-serial-mismatch = The meter says { $seen }, expected { $expected }.
verdict-register-missing = Register { $obis } did not come with the reading.
verdict-sum-mismatch = The parts add up to { $sum }, the total says { $total }.
verdict-very-high = { $use } { $unit }, about { $times } × usual
verdict-high = { $use } { $unit }, more than usual
verdict-low = { $use } { $unit }, less than usual
verdict-zero = No use since the last reading.
verdict-no-checksum = The meter sent no checksum. Please compare with the display.
verdict-serial-unseen = The meter told no number. Compare it with { $expected } on its face.
verdict-time-reversed = The clock of this device is before the last reading. The use cannot be judged.
verdict-other = The reading needs a look ({ $sentence }).

short-digits = Digits
short-format = No number
short-backwards = Backwards
short-rolled-over = Rolled over
short-serial-mismatch = Other serial
short-register-missing = Part missing
short-sum-mismatch = Sum differs
short-very-high = Very high
short-high = High
short-low = Low
short-zero = No use
short-no-checksum = No checksum
short-serial-unseen = No number
short-time-reversed = Clock

# Keypad
check-save = Check & save
next-register = Next register
erase = Delete
clear = Clear
register = Register { $obis }
previous-value = Last: { $value }
no-previous = No last reading
typed-of = { $typed } of { $all } digits
bad-entry = These digits do not fit the register. Please look again.
draft-restored = Your digits from before are back.
energy-total = Total
energy-rate = Rate { $rate }
energy-export = Export total
energy-reactive = Reactive
energy-reactive-export = Reactive export
energy-export-rate = Export rate { $rate }

# Skip
skip-title = Can't read. Why?
skip-no-access = No access
skip-locked = Locked
skip-danger = Danger or dog
skip-meter-missing = Meter not found
skip-meter-faulty = Meter broken
skip-obstructed = Meter blocked
skip-refused = Refused
skip-no-answer = Meter silent
note = Note
note-hint = Note for the office (optional)
add-note = Add a note

# Shift end
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
kilometres = { $km } km
close-question = { $count ->
    [one] 1 stop is still to do. You can close anyway.
   *[other] { $count } stops are still to do. You can close anyway.
  }

# Sync
sync-waiting = { $count } saved
sync-waiting-long = Offline · { $count } saved
sync-offline = Offline
sync-sending = Sending { $count }
sync-all-sent = All sent
sync-all-sent-at = All sent { $time }
sync-refused = Can't send
sync-label = { $text }. Open the shift.
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
sync-forked = The office knows another history of this device: it was copied or restored. Your readings are safe. Ask the office.
sync-store = This device cannot read its own list. What was saved stays saved. Ask the office.
sync-broken = This device and the office do not understand each other. Your readings are safe. Ask the office.
sync-unknown = The office did not take them. Your readings are safe here.

# Enrol
enrol-title = Sign in this device
enrol-intro = The office gives you its address and a code that works once.
enrol-hub = Office address
enrol-hub-example = https://hub.example.org
enrol-code = One-time code
enrol-do = Sign in
enrol-working = Signing in…

# Menu
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
devices = Probe and position
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
keys-theme = T: theme
keys-undo = Z: undo
keys-back = Esc: back
map-credit = Practice town: © OpenStreetMap contributors, ODbL
font-credit = Typeface Inter, SIL Open Font License 1.1
done = Done

# Errors
close = Close
error-not-enrolled = This device is not signed in.
    .safe = Nothing is lost.
    .do = Sign in with a code from the office.
error-unknown-stop = This stop is no longer on the round.
    .safe = Your readings are safe.
    .do = Choose another stop.
error-bad-entry = The digits do not fit register { $obis }.
    .safe = They are kept as a draft.
    .do = Compare with the meter and correct them.
error-no-register = The meter answered without the registers of this round.
    .safe = Nothing was saved.
    .do = Type the digits from the display instead.
error-already-read = This stop has already been read.
    .safe = The first reading is kept.
    .do = Go to the next stop, or undo the first reading.
error-port-missing = No probe found at { $port }.
    .safe = Nothing is lost.
    .do = Plug the probe in and switch it on.
error-port-busy = Another program uses the probe at { $port }.
    .safe = Nothing is lost.
    .do = Close the other program.
error-port-denied = This device may not use { $port }.
    .safe = Nothing is lost.
    .do = Allow serial ports for this user, or choose another port in the menu.
error-port-lost = The probe at { $port } was unplugged.
    .safe = Nothing half-read was saved.
    .do = Plug it in again.
error-meter-silent = { $attempts ->
    [one] The meter did not answer.
   *[other] The meter did not answer { $attempts } times.
  }
    .safe = Nothing is lost.
    .do = Set the probe on the optical port, cable down.
error-meter-garbled = { $attempts ->
    [one] The answer was damaged.
   *[other] The answer was damaged { $attempts } times.
  }
    .safe = Nothing wrong was saved.
    .do = Clean the port, shade it from the sun, hold still.
error-meter-refused = The meter refused to be read.
    .safe = Nothing is lost.
    .do = Type the digits from the display instead.
error-meter-locked = The meter wants a password or key that is not on this device.
    .safe = Nothing is lost, and nothing was tried.
    .do = Ask the office for the keys of this meter, or type the digits from the display.
error-meter-wrong-key = The meter did not take its password or key.
    .safe = It was tried once only, so the meter is not locked.
    .do = Tell the office, and type the digits from the display.
error-meter-shut = The meter is shut for { $seconds } seconds after a broken conversation.
    .safe = Nothing is lost. It opens by itself.
    .do = Wait, then read again; or type the digits from the display.
error-meter-crowd = Several meters answered at once.
    .safe = Nothing was saved.
    .do = Go closer and point at one meter only.
error-meter-unknown = { $heard ->
    [true] Something answered, but in no protocol we know.
   *[other] No meter answered in any protocol we know.
  }
    .safe = Nothing is lost.
    .do = { $slowLeft ->
        [true] Turn and press the probe, wake the display, then try again; or search longer (about 15 s).
       *[other] Turn and press the probe, wake the display, then try again; or type the digits from the display.
      }
error-meter-empty = The meter answered, but shows no register.
    .safe = Nothing was saved.
    .do = Some meters need a PIN or a button first. Else type the digits from the display.
error-cannot-keep = This device could not write down a counter that the meter demands.
    .safe = The meter was not asked, and nothing is lost.
    .do = Free some space on this device, then read again.
error-cancelled = Stopped.
    .safe = Nothing was saved.
    .do = Read again when you are ready.
error-busy = The probe is still reading.
    .safe = Nothing is lost.
    .do = Wait a moment.
error-disk-full = This device has no space left.
    .safe = Everything saved before is safe. This one was not saved.
    .do = Free some space, then read again.
error-store-too-new = The readings on this device belong to a newer version.
    .safe = They are untouched.
    .do = Update the app.
error-hub-unreachable = The office does not answer.
    .safe = Everything is saved on this device.
    .do = Check the address and the network.
error-bad-enrolment-code = The code is wrong, used or too old.
    .safe = Nothing was changed.
    .do = Ask the office for a new code.
error-internal = Something went wrong ({ $trace }).
    .safe = What was saved stays saved.
    .do = Try again. If it comes back, tell the office this number.
