//! Sentences for the command line, in the language of the terminal. What went wrong is said in the window's own
//! words: one file a language for both.

use std::{env, sync::OnceLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::{LanguageIdentifier, langid};

const ENGLISH: [&str; 4] = [
    include_str!("../texts/en.ftl"),
    include_str!("../../ui/src/i18n/en.ftl"),
    include_str!("../../ui/src/i18n/en.later.ftl"),
    include_str!("../../ui/src/i18n/en.errors.ftl"),
];
const CHINESE: [&str; 4] = [
    include_str!("../texts/zh-CN.ftl"),
    include_str!("../../ui/src/i18n/zh-CN.ftl"),
    include_str!("../../ui/src/i18n/zh-CN.later.ftl"),
    include_str!("../../ui/src/i18n/zh-CN.errors.ftl"),
];

/// What stands in a sentence, by name.
pub(crate) type Words<'a> = &'a [(&'a str, String)];

/// The sentence of this name, in one line.
pub(crate) fn say(name: &str, words: Words<'_>) -> String {
    in_language(bundle(), name, words)
}

/// Everything that belongs to an error: what happened, what is safe, what to do.
pub(crate) fn say_error(code: &str, words: Words<'_>) -> String {
    let name = format!("error-{code}");
    let parts = [say(&name, words), say(&format!("{name}.safe"), words), say(&format!("{name}.do"), words)];
    parts.join(" ")
}

fn bundle() -> &'static FluentBundle<FluentResource> {
    static BUNDLE: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let terminal =
            set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")).unwrap_or_default();
        if terminal.starts_with("zh") {
            open(langid!("zh-CN"), CHINESE)
        } else {
            open(langid!("en"), ENGLISH)
        }
    })
}

fn open(language: LanguageIdentifier, texts: [&str; 4]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    for text in texts {
        // A sentence that cannot be read shows by its name; a test reads them all.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
        bundle.add_resource(resource).ok();
    }
    bundle
}

fn in_language(bundle: &FluentBundle<FluentResource>, name: &str, words: Words<'_>) -> String {
    let (message, attribute) = name.split_once('.').map_or((name, None), |(name, part)| (name, Some(part)));
    let pattern = bundle.get_message(message).and_then(|message| match attribute {
        Some(part) => message.get_attribute(part).map(|attribute| attribute.value()),
        None => message.value(),
    });
    let Some(pattern) = pattern else { return name.to_owned() };
    let value = |(name, value): &(&str, String)| match value.parse::<u32>() {
        // Numbers choose singular and plural; longer ones are names of things.
        Ok(number) if value.len() < 5 && value == &number.to_string() => (name.to_string(), number.into()),
        Ok(_) | Err(_) => (name.to_string(), FluentValue::from(value.clone())),
    };
    let words: FluentArgs<'_> = words.iter().map(value).collect();
    bundle.format_pattern(pattern, Some(&words), &mut Vec::new()).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        text.lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(name, _)| name))
            .collect()
    }

    #[test]
    fn both_languages_say_the_same_things() {
        for (english, chinese) in ENGLISH.into_iter().zip(CHINESE) {
            assert!(FluentResource::try_new(english.to_owned()).is_ok());
            assert!(FluentResource::try_new(chinese.to_owned()).is_ok());
            assert_eq!(names(english), names(chinese));
        }
    }

    #[test]
    fn the_files_of_a_language_share_no_name() {
        let mut all = ENGLISH.map(names).concat();
        all.sort_unstable();
        let twice: Vec<_> = all.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "in two files: {twice:?}");
    }

    #[test]
    fn every_rule_and_every_counter_check_has_its_sentence() {
        use lamplighter_core::audit::{rules::CounterCheck, verdict::Rule};
        for (language, texts) in [(langid!("en"), ENGLISH), (langid!("zh-CN"), CHINESE)] {
            let bundle = open(language, texts);
            for rule in Rule::ALL {
                let words: Vec<_> = rule.sheet().numbers.iter().map(|name| (*name, "7".to_owned())).collect();
                let mut all = vec![("obis", "1-0:1.8.0".to_owned()), ("unit", "kWh".to_owned())];
                all.extend(words);
                let said = in_language(&bundle, &format!("verdict-{}", rule.code()), &all);
                assert!(!said.starts_with("verdict-") && !said.contains("{$"), "{}: {said}", rule.code());
            }
            for check in CounterCheck::ALL {
                let name = format!("verdict-check-{}", check.code());
                assert_ne!(in_language(&bundle, &name, &[]), name);
            }
        }
    }

    #[test]
    fn a_sentence_takes_its_words() {
        let english = open(langid!("en"), ENGLISH);
        let said = in_language(&english, "error-meter-silent", &[("attempts", "3".into())]);
        assert_eq!(said, "The meter did not answer 3 times.");
        let chinese = open(langid!("zh-CN"), CHINESE);
        assert_eq!(in_language(&chinese, "meter", &[("serial", "0058".into())]), "电表 0058");
        assert_eq!(in_language(&english, "no-such-thing", &[]), "no-such-thing");
    }
}
