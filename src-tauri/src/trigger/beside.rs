//! Goes on reading after the registers, while a person looks at the verdict. What has come is kept, whatever
//! ends it, and the next time goes on from there.

use lamplighter_core::{
    id::StopId,
    probe::port::Progress,
    store::Setting,
    work::{self, Beside},
};

use crate::{
    clock,
    dto::{BesideResult, CommandError, ReadProgress},
    probe::{self, Desk},
    state::{App, lock},
    turn::Purpose,
};

/// Reads what the settings want beside the registers of the stop that was read last. It tells of its beginning
/// only where there is something to read.
pub(crate) fn read_beside(
    app: &App,
    id: StopId,
    tell: &dyn Fn(ReadProgress),
) -> Result<BesideResult, CommandError> {
    let Some(read) = lock(&app.just_read).take_if(|read| read.stop == id) else {
        return Ok(BesideResult::Nothing);
    };
    let port = app.probe_port()?;
    let (stop, store, random) = (app.stop(id)?, app.shared_store(), probe::random()?);
    let (probe, profile) = probe::probe_of(&app.store(), &port, app.keyring())?;
    let wanted = (wanted(app)?, read.clock);
    let aim = work::aim_beside(&mut app.store(), &probe, &stop.meter, wanted, clock::now(), random)?;
    let Some(aim) = aim else { return Ok(BesideResult::Nothing) };
    let turn = app.take_turn(Purpose::Beside)?;
    tell(ReadProgress::Opening);
    let mut show = |progress: Progress| tell(progress.into());
    let mut desk = Desk::new(Some(&store), &aim, &mut show);
    let driven = probe::read(&port, &profile, aim, &turn.cancel, &mut desk)?.drive;
    let (rows, events) = desk.kept;
    driven.result.map_err(|error| CommandError::of_drive(error, &port))?;
    Ok(BesideResult::Done { rows, events })
}

/// As the settings say; a text of a newer release says nothing here.
fn wanted(app: &App) -> Result<Beside, CommandError> {
    let text = app.store().setting(Setting::ReadBeside)?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}
