//! Builds that are weakened on purpose: each must fail the suite, or the suite finds nothing.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the list is, from the root.
pub const LIST: &str = "tests/sim/mutants.txt";
/// What is copied: everything that the workspace needs to be one, and nothing that was built.
const NOT_COPIED: [&str; 5] = ["target", "node_modules", ".git", "dist", "peers"];
/// Enough to find any of them; the run ends at the first failure.
const RUN: [&str; 7] = ["--until-failure", "--seeds", "600", "--images", "60000", "--threads", "2"];

/// One weakened build.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mutant {
    /// In words.
    pub name: String,
    /// From the root.
    pub file: String,
    find: String,
    put: String,
    why: String,
}

/// All of the list.
pub fn read(root: &Path) -> io::Result<Vec<Mutant>> {
    let text = fs::read_to_string(root.join(LIST))?;
    let mut mutants: Vec<Mutant> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((field, value)) = line.split_once(':') else { continue };
        let value = value.strip_prefix(' ').unwrap_or(value).replace("\\n", "\n");
        if field == "name" {
            mutants.push(Mutant::default());
        }
        let Some(mutant) = mutants.last_mut() else { continue };
        match field {
            "name" => mutant.name = value,
            "file" => mutant.file = value,
            "find" => mutant.find = value,
            "put" => mutant.put = value,
            "why" => mutant.why = value,
            other => return Err(io::Error::other(format!("{LIST}: there is no field {other}"))),
        }
    }
    Ok(mutants)
}

impl Mutant {
    /// The file as this mutant has it. Its text must be there exactly once.
    pub fn apply(&self, root: &Path) -> io::Result<String> {
        let text = fs::read_to_string(root.join(&self.file))?;
        match text.matches(&self.find).count() {
            1 if !self.why.is_empty() => Ok(text.replacen(&self.find, &self.put, 1)),
            count => {
                let what = format!("{}: its text is {count} times in {}", self.name, self.file);
                Err(io::Error::other(what))
            }
        }
    }
}

/// Builds each and runs it. `say` hears what became of it. Answers how many were caught, of how many.
pub fn hunt(root: &Path, mut say: impl FnMut(&str)) -> io::Result<(usize, usize)> {
    let root = &root.canonicalize()?;
    let mutants = read(root)?;
    let field = root.join("target/mutants");
    let copy = field.join("source");
    copy_folder(root, &copy)?;
    let mut caught = 0;
    for mutant in &mutants {
        let weakened = mutant.apply(root)?;
        let place = copy.join(&mutant.file);
        let sound = fs::read(&place)?;
        fs::write(&place, weakened)?;
        let outcome = try_one(&copy, &field.join("built"));
        fs::write(&place, sound)?;
        let outcome = outcome?;
        caught += usize::from(outcome == "caught");
        say(&format!("{outcome}: {}", mutant.name));
    }
    Ok((caught, mutants.len()))
}

fn try_one(copy: &Path, built: &Path) -> io::Result<&'static str> {
    let cargo = |arguments: &[&str]| {
        Command::new("cargo")
            .current_dir(copy)
            .args(arguments)
            .env("CARGO_TARGET_DIR", built)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    };
    if !cargo(&["build", "--offline", "--quiet", "-p", "lamplighter-sim"])?.success() {
        return Ok("does not build");
    }
    let program: PathBuf = built.join("debug/lamplighter-sim");
    let run = Command::new(program).args(RUN).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok(if run.success() { "ESCAPED" } else { "caught" })
}

/// Copies what differs, so that little is built anew.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if NOT_COPIED.iter().any(|other| name == *other) {
            continue;
        }
        let (here, there) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            copy_folder(&here, &there)?;
        } else if fs::read(&here).ok() != fs::read(&there).ok() {
            fs::copy(&here, &there)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_still_finds_its_text_once() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mutants = read(&root).unwrap();
        assert!(mutants.len() >= 20, "only {} mutants", mutants.len());
        for mutant in mutants {
            if let Err(wrong) = mutant.apply(&root) {
                panic!("{wrong}");
            }
        }
    }
}
