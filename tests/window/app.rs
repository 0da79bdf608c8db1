//! The app under a WebDriver: what a person sees and presses.

use std::{
    future::Future,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder,
    actions::{InputSource as _, KeyAction, KeyActions},
};
use hyper_util::client::legacy::connect::HttpConnector;
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use serde_json::{Map, Value, json};

use crate::{
    processes,
    stage::{Stage, binary},
};

/// Under load a window took nine seconds to open.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The street is walked at once, but the receiver tells of it only once a second, and not to the metre.
const NEAR_M: u64 = 25;

pub(crate) const ENTER: char = '\u{E007}';
pub(crate) const F1: char = '\u{E031}';
pub(crate) const F2: char = '\u{E032}';

/// The open window.
pub(crate) struct App {
    client: Client,
    _driver: Driver,
    home: PathBuf,
}

/// A WebDriver with a message bus of its own; all of it ends with this.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.0.id()) {
            killpg(Pid::from_raw(group), Signal::SIGKILL).ok();
        }
        self.0.wait().ok();
    }
}

impl App {
    /// Opens the window and waits for the stop at hand.
    pub(crate) async fn open(stage: &Stage) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "WebKitWebDriver", "--host=127.0.0.1", &format!("--port={port}")]);
        stage.surround(&mut command);
        let driver =
            Driver(command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap());
        let wanted: Map<String, Value> = serde_json::from_value(json!({
            "browserName": "wry",
            "webkitgtk:browserOptions": { "binary": binary(), "args": stage.arguments() },
        }))
        .unwrap();
        let address = format!("http://127.0.0.1:{port}");
        let client = until("the driver answers and the app starts", async || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(wanted.clone()).connect(&address).await.ok()
        })
        .await;
        let app = Self { client, _driver: driver, home: stage.home() };
        app.see("[data-testid=screen-list]").await;
        app.current().await;
        // The test says when to go on.
        app.ask("localStorage.setItem('lamplighter.auto-next', 'off'); dispatchEvent(new StorageEvent('storage'))")
            .await;
        app
    }

    /// The stop at hand.
    pub(crate) async fn current(&self) -> String {
        let at = "return document.querySelector('[data-testid=screen-list] [data-testid=current-stop]')?.dataset.stopId";
        until("a stop is at hand", async || self.ask(at).await.as_str().map(str::to_owned)).await
    }

    /// The stop at hand, once the reader stands there.
    pub(crate) async fn arrive(&self) -> String {
        until("the reader stands at the stop", async || {
            let metres = self.words("[data-testid=current-stop] .bearing b").await;
            metres.strip_suffix('m')?.parse().ok().filter(|metres: &u64| *metres <= NEAR_M)
        })
        .await;
        self.current().await
    }

    /// Another stop than `from` is at hand, and the reader stands there.
    pub(crate) async fn arrive_elsewhere(&self, from: &str) -> String {
        until("another stop is at hand", async || (self.current().await != from).then_some(())).await;
        self.arrive().await
    }

    /// Waits until something is on screen.
    pub(crate) async fn see(&self, selector: &str) {
        until(selector, async || self.there(selector).await.then_some(())).await;
    }

    /// Waits until words are on screen.
    pub(crate) async fn read(&self, selector: &str, words: &str) {
        until(words, async || self.text(selector).await.contains(words).then_some(())).await;
    }

    /// What is written there, line by line.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({})?.innerText ?? ''", json!(selector));
        self.ask(&script).await.as_str().unwrap_or_default().to_owned()
    }

    /// What is written in all of them together, without any gaps.
    pub(crate) async fn words(&self, selector: &str) -> String {
        let script = format!(
            "return [...document.querySelectorAll({})].map((it) => it.textContent).join('').replace(/\\s/g, '')",
            json!(selector)
        );
        self.ask(&script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a key once.
    pub(crate) async fn press(&self, key: char) {
        let keys = KeyActions::new("keys".into())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(keys).await.unwrap();
    }

    pub(crate) async fn type_digits(&self, digits: &str) {
        for digit in digits.chars() {
            self.press(digit).await;
        }
    }

    /// Presses the first of them, once it is there.
    pub(crate) async fn click(&self, selector: &str) {
        self.see(selector).await;
        self.ask(&format!("document.querySelector({}).click()", json!(selector))).await;
    }

    /// Chooses the last that a list offers.
    pub(crate) async fn choose_last(&self, selector: &str) {
        let script = format!(
            "const list = document.querySelector({});
             list.selectedIndex = list.options.length - 1;
             list.dispatchEvent(new Event('change', {{ bubbles: true }}))",
            json!(selector)
        );
        self.ask(&script).await;
    }

    /// The demo's hub ends, and nothing takes its place.
    pub(crate) fn lose_the_hub(&self) {
        kill(processes::hub(&self.home).unwrap(), Signal::SIGKILL).unwrap();
    }

    /// On from a verdict, whatever it says, to the next stop.
    pub(crate) async fn go_on(&self) {
        self.see("[data-testid=screen-verdict] [data-testid=trigger]").await;
        let keep = self.there("[data-testid=keep]").await;
        self.click(if keep { "[data-testid=keep]" } else { "[data-testid=trigger]" }).await;
    }

    /// Waits until the digits are on disk.
    pub(crate) async fn drafted(&self, stop: &str, digits: &str) {
        let script = "const [stop, done] = arguments;
            window.__TAURI_INTERNALS__.invoke('stop_view', { stop }).then((it) => done(it.drafts[0]?.digits ?? ''), () => done(''))";
        until("the digits are kept", async || {
            let kept = self.client.execute_async(script, vec![json!(stop)]).await.ok()?;
            (kept == digits).then_some(())
        })
        .await;
    }

    /// Ends the app without asking it, and waits until its street and its hub have followed.
    pub(crate) async fn kill(self, signal: Signal) {
        kill(processes::app(&self.home).unwrap(), signal).unwrap();
        self.nobody_left().await;
    }

    /// Closes the window, and waits until nothing of it runs.
    pub(crate) async fn close(self) {
        self.client.clone().close().await.unwrap();
        self.nobody_left().await;
    }

    async fn nobody_left(&self) {
        until("nothing of the app runs", async || processes::of(&self.home).is_empty().then_some(())).await;
    }

    async fn there(&self, selector: &str) -> bool {
        self.ask(&format!("return document.querySelector({}) !== null", json!(selector))).await == true
    }

    async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }
}

/// Looks again and again until there is an answer.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {} s in vain: {what}", PATIENCE.as_secs()),
    }
}
