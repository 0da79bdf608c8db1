//! `serve`: the service on a socket until somebody asks it to stop.

use std::{io, net::SocketAddr, sync::Arc};

use lamplighter_hub::{
    http::{self, Limits},
    service::Service,
};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use super::{Failure, World, place::Place, say};

pub(super) async fn serve(
    place: &impl Place,
    listen: SocketAddr,
    until_stdin_closes: bool,
    world: &World,
) -> Result<(), Failure> {
    let service = Arc::new(Service::new(place.open_or_make(world).await?, world.now));
    let socket = |error: io::Error| Failure(format!("{listen}: {error}"));
    // Before anybody is told that the hub is ready, so that no signal is missed.
    let stop = stop(until_stdin_closes).map_err(socket)?;
    let listener = TcpListener::bind(listen).await.map_err(socket)?;
    say(&format!("listening on http://{}", listener.local_addr().map_err(socket)?))?;
    http::serve(listener, service, Limits::default(), stop).await.map_err(socket)
}

/// A signal, or the end of standard input where that was asked for: a parent that dies takes its hub along.
fn stop(until_stdin_closes: bool) -> io::Result<impl Future<Output = ()>> {
    let (mut term, mut int): (Signal, Signal) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (closed, mut closing) = mpsc::channel::<()>(1);
    if until_stdin_closes {
        std::thread::spawn(move || {
            io::copy(&mut io::stdin(), &mut io::sink()).ok();
            drop(closed);
        });
    } else {
        std::mem::forget(closed);
    }
    Ok(async move {
        tokio::select! {
            _ = closing.recv() => {}
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}
