# What went wrong, in English: what happened (value), what is safe (.safe) and what to do (.do).

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
error-port-denied = This user may not use { $port }.
    .safe = Nothing is lost.
    .do = Add the user to the group dialout (or uucp), sign in again; or choose another port in the menu.
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
        [true] Turn and press the probe, wake the display, then try again; or search longer (about 25 s).
       *[other] Turn and press the probe, wake the display, then try again; or type the digits from the display.
      }
error-meter-empty = The meter answered, but shows no register.
    .safe = Nothing was saved.
    .do = Some meters need a PIN or a button first. Else type the digits from the display.
error-cannot-keep = This device could not write down a counter that the meter demands.
    .safe = The meter was not asked, and nothing is lost.
    .do = Free some space on this device, then read again.
error-no-record = There is no record of a conversation.
    .safe = Nothing is lost.
    .do = Read the meter first, then save the record.
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
error-no-recovery-key = The office has told this device no recovery key.
    .safe = Everything is saved on this device.
    .do = Send once over a network. If it still has none, ask the office for one.
error-nothing-to-leave = Nothing waits on this device.
    .safe = The office has everything.
    .do = Go on working.
error-file-there = There is a file { $path } already.
    .safe = It was left alone, and everything is saved on this device.
    .do = Name another file.
error-cannot-write = { $path } cannot be written: { $reason }.
    .safe = Everything is saved on this device.
    .do = Take another drive, or free some space on it.
error-internal = Something went wrong ({ $trace }).
    .safe = What was saved stays saved.
    .do = Try again. If it comes back, tell the office this number.
