//! Stops: lists, one whole, the one at hand.

use std::sync::Arc;

use lamplighter_core::{
    audit::verdict::Level,
    id::StopId,
    obis::Obis,
    round::{Outcome, SkipReason, Stop},
    store::{self, Store},
};
use tauri::State;

use super::stop_id;
use crate::{
    clock,
    dto::{BarView, CommandError, DraftView, Filter, Recorded, ShiftView, StopRow, StopView, StopsPage},
    state::App,
};

/// Most rows a screen gets at once.
const ROWS_MAX: usize = 200;
/// Stops just done that stay above the one at hand in the list of what is to do.
const DONE_SHOWN: usize = 2;

/// Part of a list.
#[tauri::command(async)]
pub(crate) fn stops_page(
    app: State<'_, Arc<App>>,
    filter: Filter,
    offset: usize,
    limit: usize,
) -> Result<StopsPage, CommandError> {
    let (stops, current) = (app.stops()?, app.current()?);
    let here = app.fix().map(|fix| fix.position);
    let listed = select(&stops, filter, current);
    let store = app.store();
    let rows = listed.iter().skip(offset).take(limit.min(ROWS_MAX));
    Ok(StopsPage {
        total: listed.len(),
        offset,
        current_index: listed.iter().position(|stop| Some(stop.id) == current),
        rows: rows
            .map(|stop| Ok(StopRow::new(stop, latest(&store, stop)?.as_ref(), here)))
            .collect::<Result<_, CommandError>>()?,
    })
}

/// One stop, whole.
#[tauri::command(async)]
pub(crate) fn stop_view(app: State<'_, Arc<App>>, stop: String) -> Result<StopView, CommandError> {
    let stop = app.stop(stop_id(&stop)?)?;
    let here = app.fix().map(|fix| fix.position);
    let store = app.store();
    let recorded = latest(&store, &stop)?;
    let draft = |(obis, digits): (Obis, String)| DraftView { obis: obis.to_string(), digits };
    Ok(StopView {
        row: StopRow::new(&stop, recorded.as_ref(), here),
        hints: stop.hints.iter().map(Into::into).collect(),
        model: stop.meter.model.clone(),
        bearing_deg: here.zip(stop.position).map(|(here, there)| here.bearing_to(there)),
        registers: stop.meter.registers.iter().map(Into::into).collect(),
        bars: stop.meter.registers.first().map(BarView::of).unwrap_or_default(),
        drafts: store.drafts(stop.id)?.into_iter().map(draft).collect(),
        recorded: recorded.map(|recorded| Recorded::new(&recorded, &stop, None)),
    })
}

/// Makes a stop the one at hand.
#[tauri::command(async)]
pub(crate) fn select_stop(app: State<'_, Arc<App>>, stop: String) -> Result<ShiftView, CommandError> {
    let stop = app.stop(stop_id(&stop)?)?;
    app.set_current(Some(stop.id))?;
    app.shift_view()
}

/// Gives a stop up, for now, and goes on where it was the one at hand.
#[tauri::command(async)]
pub(crate) fn skip_stop(
    app: State<'_, Arc<App>>,
    stop: String,
    reason: String,
    note: Option<String>,
) -> Result<ShiftView, CommandError> {
    let (stop, fix) = (stop_id(&stop)?, app.fix());
    let reason = SkipReason::from_code(&reason).ok_or_else(|| CommandError::internal("an unknown reason"))?;
    let note = note.map(|note| note.chars().take(500).collect());
    app.begin()?;
    app.store().skip(clock::now(), stop, reason, note, fix)?;
    app.nudge();
    if app.current()? == Some(stop) {
        app.go_on()?;
    }
    app.shift_view()
}

/// Remembers digits typed so far.
#[tauri::command(async)]
pub(crate) fn draft_save(
    app: State<'_, Arc<App>>,
    stop: String,
    drafts: Vec<DraftView>,
) -> Result<(), CommandError> {
    let parse = |draft: DraftView| {
        let digits = draft.digits.chars().take(20).collect();
        draft.obis.parse().map(|obis| (obis, digits)).map_err(|_| CommandError::BadEntry { obis: draft.obis })
    };
    let drafts = drafts.into_iter().take(64).map(parse).collect::<Result<Vec<_>, _>>()?;
    Ok(app.store().put_drafts(stop_id(&stop)?, &drafts)?)
}

/// The reading that counts at a stop.
fn latest(store: &Store, stop: &Stop) -> Result<Option<store::Recorded>, CommandError> {
    match stop.outcome {
        Outcome::Read { reading, .. } => Ok(store.reading(reading)?),
        Outcome::ToDo | Outcome::Skipped { .. } => Ok(None),
    }
}

fn select(stops: &[Stop], filter: Filter, current: Option<StopId>) -> Vec<&Stop> {
    let at = stops.iter().position(|stop| Some(stop.id) == current).unwrap_or(0);
    let wanted = |(turn, stop): &(usize, &Stop)| match filter {
        Filter::All => true,
        Filter::Check => {
            matches!(stop.outcome, Outcome::Read { level: Level::Doubtful | Level::Wrong, .. })
        }
        Filter::Todo => stop.outcome == Outcome::ToDo || (at.saturating_sub(DONE_SHOWN)..=at).contains(turn),
    };
    stops.iter().enumerate().filter(wanted).map(|(_, stop)| stop).collect()
}
