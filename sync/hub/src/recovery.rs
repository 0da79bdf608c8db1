//! The file of the utility's recovery key: the half that opens what devices enclose. It is kept away from the hub.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
};

use lamplighter_core::evidence::{
    chain::Hash,
    envelope::{RecoveryKey, RecoverySecret},
};

const TITLE: &str = "lamplighter recovery key 1";
/// More than any file of ours has.
const BYTES_MAX: u64 = 4096;

/// Why a key file is not used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error(transparent)]
    Storage(#[from] io::Error),
    /// Something else is in it.
    #[error("this is no file of a recovery key")]
    NoKey,
    /// Its two halves do not belong together.
    #[error("the file of the recovery key is damaged: take another copy of it")]
    Damaged,
}

/// Writes a new file that only its owner may read, and is on disk when this returns. One that is there is left alone.
pub fn write(path: &Path, secret: &RecoverySecret) -> io::Result<()> {
    let public = secret.public();
    let mut text = format!("{TITLE}\n");
    // Writing to a text does not fail.
    let _ = writeln!(
        text,
        "# Whoever has this file reads what devices left for the office. Keep it away from the hub, and keep a copy."
    );
    let _ = writeln!(text, "fingerprint {}\npublic {public}", public.fingerprint());
    let _ = writeln!(text, "secret {}", Hash(secret.to_bytes()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

/// The key in a file.
pub fn read(path: &Path) -> Result<RecoverySecret, KeyFileError> {
    let mut text = String::new();
    File::open(path)?.take(BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        if error.kind() == io::ErrorKind::InvalidData { KeyFileError::NoKey } else { error.into() }
    })?;
    parse(&text)
}

fn parse(text: &str) -> Result<RecoverySecret, KeyFileError> {
    let mut lines = text.lines().map(str::trim);
    if lines.next() != Some(TITLE) {
        return Err(KeyFileError::NoKey);
    }
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
    let field = |name: &str| {
        let value = fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
        value.ok_or(KeyFileError::Damaged)
    };
    let Hash(secret) = field("secret")?.parse().map_err(|_| KeyFileError::Damaged)?;
    let public: RecoveryKey = field("public")?.parse().map_err(|_| KeyFileError::Damaged)?;
    let secret = RecoverySecret::from_bytes(secret).map_err(|_| KeyFileError::Damaged)?;
    if secret.public() == public { Ok(secret) } else { Err(KeyFileError::Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_file_and_no_other_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recovery.key");
        let secret = RecoverySecret::new([3; 32]);
        write(&path, &secret).unwrap();
        assert_eq!(read(&path).unwrap().public(), secret.public());
        assert_eq!(
            write(&path, &RecoverySecret::new([4; 32])).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.find("secret ").unwrap() + 20;
        let digit = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
        let mut other = text.clone();
        other.replace_range(at..=at, digit);
        assert!(matches!(parse(&other), Err(KeyFileError::Damaged)));
        assert!(matches!(parse("-----BEGIN PRIVATE KEY-----\n"), Err(KeyFileError::NoKey)));
    }
}
