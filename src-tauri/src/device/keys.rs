//! Passwords and keys of meters, from a file that the office gives out.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use lamplighter_core::probe::keys::{Keyring, Keys};
use serde_json::{Map, Value};

/// Keys of more meters than any reader visits.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    /// The file cannot be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// It is not a keys file. What is in it is not told: it is secret.
    #[error("{0}")]
    Content(String),
}

/// The keys file of this device, read again whenever it is another one than before.
#[derive(Debug, Default)]
pub(crate) struct KeysFile {
    path: PathBuf,
    known: Mutex<Known>,
}

/// The keys that count, and why they are not those of the file, where that is so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) ring: Arc<Keyring>,
    /// No secret is in it.
    pub(crate) trouble: Option<String>,
    stamp: Option<(SystemTime, u64)>,
}

impl KeysFile {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, known: Mutex::default() }
    }

    /// As the file is now. No file means no keys; while it cannot be used, the keys that it had before count.
    pub(crate) fn now(&self) -> Known {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = fs::metadata(&self.path).and_then(|file| Ok((file.modified()?, file.len())));
        match stamp {
            Ok(stamp) if known.stamp == Some(stamp) => {}
            Ok(stamp) => {
                known.stamp = Some(stamp);
                match read_keys(&self.path) {
                    Ok(ring) => (known.ring, known.trouble) = (Arc::new(ring), None),
                    Err(error) => self.complain(&mut known, &error),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => *known = Known::default(),
            Err(error) => self.complain(&mut known, &error.into()),
        }
        known.clone()
    }

    /// In the log once, and to whoever asks.
    fn complain(&self, known: &mut Known, error: &KeysError) {
        let trouble = format!("{}: {error}", self.path.display());
        if known.trouble.as_ref() != Some(&trouble) {
            eprintln!("lamplighter: {trouble}");
        }
        known.trouble = Some(trouble);
    }
}

/// Reads `{"meters":{"<serial or *>":{"client":1,"password":"…","encryption_key":"<hex>","authentication_key":"<hex>"}}}`.
pub(crate) fn read_keys(path: &Path) -> Result<Keyring, KeysError> {
    let mut text = String::new();
    fs::File::open(path)?.take(BYTES_MAX).read_to_string(&mut text)?;
    let content = |what: &str| KeysError::Content(what.into());
    let file: BTreeMap<String, BTreeMap<String, Map<String, Value>>> = serde_json::from_str(&text)
        .map_err(|error| KeysError::Content(format!("no keys file: line {}", error.line())))?;
    if let Some(strange) = file.keys().find(|name| *name != "meters") {
        return Err(KeysError::Content(format!("\"{strange}\" is not known")));
    }
    let meters = file.into_iter().next().ok_or_else(|| content("\"meters\" is missing"))?.1;
    let mut ring = Keyring::default();
    for (serial, fields) in meters {
        let keys = keys(&fields).map_err(|what| KeysError::Content(format!("meter {serial}: {what}")))?;
        ring.add(&serial, keys);
    }
    Ok(ring)
}

fn keys(fields: &Map<String, Value>) -> Result<Keys, String> {
    let mut keys = Keys::default();
    for (name, value) in fields {
        let text = || value.as_str().ok_or_else(|| format!("{name} is not a text"));
        match name.as_str() {
            "client" => {
                let client = value.as_u64().and_then(|client| u8::try_from(client).ok());
                keys.client =
                    Some(client.filter(|client| (1..=127).contains(client)).ok_or("client is not 1 to 127")?);
            }
            "password" => keys.password = Some(text()?.into()),
            "encryption_key" => keys.encryption_key = Some(key(name, text()?)?),
            "authentication_key" => keys.authentication_key = Some(key(name, text()?)?),
            _ => return Err(format!("{name} is not known")),
        }
    }
    Ok(keys)
}

fn key(name: &str, text: &str) -> Result<[u8; 16], String> {
    let wrong = || format!("{name} is not 32 hexadecimal digits");
    if text.len() != 32 || !text.is_ascii() {
        return Err(wrong());
    }
    let mut key = [0; 16];
    for (at, byte) in key.iter_mut().enumerate() {
        let pair = text.get(2 * at..2 * at + 2).ok_or_else(wrong)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_the_number_of_their_meter() {
        let ring = check(
            r#"{"meters":{"*":{"password":"0000"},"50123456":{"client":1,"password":"p",
            "encryption_key":"000102030405060708090A0b0c0d0e0f","authentication_key":"d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"}}}"#,
        )
        .unwrap();
        let keys = ring.of(Some("50123456")).unwrap();
        assert_eq!((keys.client, keys.encryption_key.unwrap()[10]), (Some(1), 10));
        assert_eq!(ring.of(Some("1")).unwrap().password.as_deref(), Some("0000"));
    }

    #[test]
    fn what_is_wrong_is_said_and_no_secret_with_it() {
        for (text, said) in [
            ("[]", "no keys file: line 1"),
            (r#"{"metres":{}}"#, "\"metres\" is not known"),
            (r#"{"meters":{"5":{"client":0}}}"#, "meter 5: client is not 1 to 127"),
            (
                r#"{"meters":{"5":{"encryption_key":"secret"}}}"#,
                "meter 5: encryption_key is not 32 hexadecimal digits",
            ),
            (r#"{"meters":{"5":{"pasword":"secret"}}}"#, "meter 5: pasword is not known"),
        ] {
            assert_eq!(check(text).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn a_changed_file_counts_at_once_and_a_broken_one_loses_no_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let file = KeysFile::at(path.clone());
        let step = |text: Option<&str>, meters: usize, trouble: Option<&str>| {
            match text {
                Some(text) => fs::write(&path, text).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            // What was looked up once is not forgotten by looking twice.
            for _ in 0..2 {
                let known = file.now();
                assert_eq!(known.ring.count().0, meters, "{text:?}");
                let said = known.trouble.as_deref().and_then(|trouble| trouble.split_once(": "));
                assert_eq!(said.map(|(_, what)| what), trouble, "{text:?}");
            }
        };
        step(Some(r#"{"meters":{"5":{"password":"a"}}}"#), 1, None);
        step(Some(r#"{"meters":{"5":{"password":"a"},"6":{"password":"b"}}}"#), 2, None);
        step(Some(r#"{"meters":{"5":{"#), 2, Some("no keys file: line 1"));
        step(Some(r#"{"meters":{"7":{"client":0}}}"#), 2, Some("meter 7: client is not 1 to 127"));
        step(Some(r#"{"meters":{"7":{"password":"c"}}}"#), 1, None);
        step(None, 0, None);
    }

    #[test]
    fn a_device_without_a_file_has_no_keys() {
        let known = KeysFile::default().now();
        assert!(known.ring.is_empty() && known.trouble.is_none());
    }

    fn check(text: &str) -> Result<Keyring, KeysError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        fs::write(&path, text).unwrap();
        read_keys(&path)
    }
}
