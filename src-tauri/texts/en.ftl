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
