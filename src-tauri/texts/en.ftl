# What the command line says. Errors are the window's own texts, in ui/src/i18n.

town = Building the town …
waiting-round = Waiting for the round …
waiting-receipts = Waiting for the hub's receipts …
round = Round { $code } · { $name } · { $stops } stops
stops = stops
read-count = read
flagged = of these flagged
skipped = skipped
saved = saved on the device
held = held by the hub
lost = lost
doubled = doubled
walked-way = walked
took = took
minutes = { $minutes } min { $seconds } s

asking = Asking the meter …
asking-again = Asking the meter again ({ $attempt }) …
answered = Answered: { $identity }, { $baud } Bd
receiving = { $bytes } bytes
trying = Trying { $family } at { $baud } Bd …
fetched = { $done } fetched
fetched-of = { $done } of { $total } fetched
signal = Signal { $percent } %
key-refused = The meter did not take its password or key; it is read without.
repeating = Damaged: asking for it again
tried = Tried: { $tried }.
heard-read = read
profile-backwards = The profile is to end before it begins: give FROM before TO.
dump-too-long = The dump is longer than { $bytes } bytes: cut it.
dump-empty = { $path }: no telegram in it whose check is right.
meter = Meter { $serial }
meter-unknown = The meter told no number
clock = Clock { $clock }

port-denied = No permission: add this user to the group dialout (or uucp) and sign in again.
no-ports = No serial port: nothing is plugged in.

no-position = no position
receiver-silent = the receiver is silent

proven = { $path }: proven. { $readings } readings in { $events } events of { $devices } devices; every hash and seal holds.
proven-whole = { $path }: whole. { $readings } readings in { $events } events of { $devices } devices; every hash and seal holds.
hub-key = Hub key { $key }
hub-key-from-file = Who wrote it is not proven: compare hub key { $key } with the one you know, or give --hub-key.
not-proven = { $path } is not what the hub wrote: { $reason }

port-failed = The port { $port } cannot be opened: { $reason }
enrol-refused = The hub refused: { $reason }

left-in-file = { $path }: { $events ->
    [one] one event
   *[other] { $events } events
  } for recovery key { $key }
left-stays = They stay on this device until the hub's receipt is here.
damaged-aside = The database was damaged; it is kept whole at { $path }
judge-asks = { $customer }, { $t }: { $read } – { $why }.
judge-asks-meant = { $customer }, { $t }: { $read } – { $why }. Did you mean { $suggestion }? ({ $percent } %)
judge-sum = Asked about { $asked } of { $cases } readings.
judge-no-class = { $path } has no class { $class }.
slip-digit = probably one wrong digit
slip-transposition = probably two digits changed places
slip-shift = probably a digit too many or too few
slip-repeat = the previous reading again, though there usually is use
slip-unrelated = not this customer's usual use, perhaps another meter
slip-digits = more digits than the register has
slip-no-past = too few earlier readings to judge
file-too-long = { $path } is longer than { $bytes } bytes.
pack-no-pack = { $path } is no rule pack of this release.
pack-bad-seal = { $path }: the seal does not hold. Get the rule pack from the office again.
pack-bad-line = { $path }, line { $line }: { $what } is not what belongs there.
pack-other-hub = { $path } was sealed by another hub, with key { $key }.
table-line = { $path }, line { $line }: { $what }.
table-cell = { $path }, line { $line }, column { $column }: { $what }.
table-empty = the file is empty
table-no-rows = there is no row below the header
table-missing-column = the column is missing
table-unknown-column = there is no such column
table-column-twice = the column is there twice
table-width = { $found } fields, the header has { $wanted }
table-not-utf8 = not UTF-8; save the file as UTF-8
table-quote = a quotation mark in the wrong place
table-too-long = more than { $most } letters, or one that cannot be shown
table-missing = empty
table-number = { $text } is not a whole number from { $least } to { $most }
table-gap = empty, though there are readings after it
table-twice = { $text } is there twice
table-unknown = { $text } is not among the registers
table-too-many = more than { $most }
