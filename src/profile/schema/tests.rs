//! The schema against the parser, place by place, and against profiles of every kind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, json};

use super::*;
use crate::emit;
use crate::profile::init::{self, tests::uncommented};
use crate::profile::tests::{EXAMPLE, HEAD, WRONG, WRONG_FROM_THE_START};
use crate::profile::{Problem, Profile};
use crate::yaml;

fn targets() -> Vec<&'static str> {
    emit::ALL.iter().map(|emitter| emitter.id()).collect()
}

/// A step from a value to one in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Step {
    Key(String),
    Item,
}

/// What the schema says of one place: the keys that it closes a map with, the words that it takes.
#[derive(Default, Debug)]
struct Place {
    keys: Option<BTreeSet<String>>,
    words: BTreeSet<String>,
}

/// Everything that the schema says, by place.
fn places() -> Vec<(Vec<Step>, Place)> {
    let root = schema();
    let mut places = Vec::new();
    walk(&root, &root, &mut Vec::new(), &mut places);
    places
}

fn walk(root: &Value, schema: &Value, path: &mut Vec<Step>, places: &mut Vec<(Vec<Step>, Place)>) {
    let mut place = Place::default();
    let mut below = Vec::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        if let Some(name) = schema["$ref"].as_str() {
            open.push(root.pointer(name.trim_start_matches('#')).expect("a definition"));
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            open.extend(schema[key].as_array().into_iter().flatten());
        }
        if let Some(properties) = schema["properties"].as_object() {
            assert_eq!(schema["additionalProperties"], false, "{path:?} is open");
            place.keys.get_or_insert_default().extend(properties.keys().cloned());
            below.extend(properties.iter().map(|(key, schema)| (Step::Key(key.clone()), schema)));
        } else if schema["additionalProperties"] == false {
            place.keys.get_or_insert_default();
        } else if schema["additionalProperties"].is_object() {
            below.push((Step::Key("a.example".into()), &schema["additionalProperties"]));
        }
        if schema["items"].is_object() {
            below.push((Step::Item, &schema["items"]));
        }
        let words = schema["enum"].as_array().into_iter().flatten();
        for word in words.filter(|word| !word.is_null()) {
            place.words.insert(word.as_str().map_or_else(|| word.to_string(), str::to_owned));
        }
    }
    places.push((path.clone(), place));
    for (step, schema) in below {
        path.push(step);
        walk(root, schema, path, places);
        path.pop();
    }
}

/// What the parser says of a profile with this value at this place.
fn problems(path: &[Step], value: Value) -> Vec<Problem> {
    let mut profile = path.iter().rev().fold(value, |value, step| match step {
        Step::Key(key) => json!({ key: value }),
        Step::Item => json!([value]),
    });
    let root = profile.as_object_mut().expect("the profile is a map");
    for (key, value) in
        [("version", json!(1)), ("sources", json!([{ "file": "a.csv" }])), ("devices", json!({}))]
    {
        root.entry(key).or_insert(value);
    }
    match Profile::parse(&profile.to_string(), None, &targets()) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().to_vec(),
    }
}

/// The words in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// No key and no word, and near to none.
const STRANGE: &str = "qqqq";

#[test]
fn a_map_has_the_keys_that_the_parser_knows() {
    let mut asked = 0;
    for (path, place) in places() {
        let Some(keys) = place.keys else { continue };
        let problems = problems(&path, json!({ STRANGE: 1 }));
        let known = problems.iter().find_map(|problem| {
            if problem.message.ends_with("has no options") {
                return Some(BTreeSet::new());
            }
            let help = problem.help.iter().find(|help| help.starts_with("known"))?;
            problem.message.contains(STRANGE).then(|| quoted(help))
        });
        assert_eq!(Some(keys), known, "{path:?}: {problems:?}");
        asked += 1;
    }
    assert!(asked > 80, "{asked}: the sections, and a level by intent for every code");
}

#[test]
fn a_word_is_one_that_the_parser_takes() {
    let mut asked = 0;
    for (path, place) in places().into_iter().filter(|(_, place)| !place.words.is_empty()) {
        let problems = |word: &str| problems(&path, word.into());
        let takes = |word: &String| {
            let shown = format!("`{word}`");
            !problems(word).iter().any(|problem| problem.message.contains(&shown))
        };
        for word in &place.words {
            assert!(takes(word), "{path:?}: {word}: {:?}", problems(word));
        }
        let complaint = problems(STRANGE).into_iter().find(|problem| problem.message.contains(STRANGE));
        let complaint = complaint.unwrap_or_else(|| panic!("{path:?} takes any word"));
        let listed = complaint.help.iter().find(|help| help.starts_with("known"));
        let words: BTreeSet<String> = match (complaint.message.split_once(", not "), listed) {
            (Some((_, words)), _) => quoted(words),
            (None, Some(listed)) if listed.contains('`') => quoted(listed),
            (None, Some(listed)) => {
                listed.trim_start_matches("known: ").split(", ").map(str::to_owned).collect()
            }
            // A version, or a proxy beside its word `none`.
            (None, None) => continue,
        };
        // A level may be a word and still none for this code.
        let taken: BTreeSet<String> = words.into_iter().filter(takes).collect();
        // `all` stands beside a list.
        let own = place.words.iter().filter(|word| *word != "all").cloned();
        if path != [Step::Key("select".into()), Step::Key("geographies".into())] {
            assert_eq!(own.collect::<BTreeSet<_>>(), taken, "{path:?}");
        }
        asked += 1;
    }
    assert!(asked > 300, "{asked}: four levels by list for every code, and the words of the sections");
}

fn validator() -> Validator {
    jsonschema::draft7::new(&schema()).expect("the schema is one of draft 7")
}

/// What is wrong with a text, by the schema; a text that is no YAML has no shape either.
fn wrong(validator: &Validator, text: &str) -> Option<String> {
    match yaml::parse::<Value>(text) {
        Ok(value) => {
            let errors: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            (!errors.is_empty()).then(|| errors.join("; "))
        }
        Err(error) => Some(error.to_string()),
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn what_the_parser_takes_fits_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![
        ("the example of the design".to_owned(), EXAMPLE.to_owned()),
        ("what `init` writes".to_owned(), init::template("x")),
        (
            "the same with its examples".to_owned(),
            init::template("x").lines().map(|line| uncommented(line) + "\n").collect(),
        ),
        (
            "other spellings".to_owned(),
            format!(
                "{HEAD} name: 2026, select: {{ geographies: [WW, gcc  HIGH, 欧州, Europe], platforms: [mac],
                 include: [{{ host: .Example.COM, ports: [8443, '80'], reason: 1, owner: NO, expires: ' 2027-01-01' }}] }},
                 corrections: {{ '*a.example': {{ to: '*.a.example', reason: true }} }}, devices: {{ disconnected: 'true',
                 ssl_options: '0', winhttp_proxy: none, antivirus_proxy: HTTPS://a.example:1/, antivirus_bypass: [10] }},
                 lints: {{ missing-dot: {{ allow: }} }}, waivers: , tolerances: {{}},
                 targets: {{ ticket: {{}}, pac: , zscaler: {{ enabled: false, url_filtering_order: '+7' }} }} }}"
            ),
        ),
    ];
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    for block in readme.split("```yaml thruway.yaml\n").skip(1) {
        texts.push(("README.md".to_owned(), block.split("```").next().unwrap_or_default().to_owned()));
    }
    let mut files = Vec::new();
    for folder in ["tests/cases", "tests/cli", "tests/products"] {
        files_below(&root.join(folder), &mut files);
    }
    for path in files {
        texts.push((path.display().to_string(), std::fs::read_to_string(&path).expect("a text")));
    }
    let (validator, mut taken) = (validator(), 0);
    for (name, text) in &texts {
        if Profile::parse(text, None, &targets()).is_ok() {
            assert_eq!(wrong(&validator, text), None, "{name}");
            taken += 1;
        }
    }
    assert!(taken >= 15, "{taken} of {}", texts.len());
    for (name, text) in &texts[..5] {
        if let Err(error) = Profile::parse(text, None, &targets()) {
            panic!("{name}: {error}");
        }
    }
}

/// What no schema can tell, or not without turning right profiles away: beginnings of messages.
const BEYOND: &[&str] = &[
    // YAML readers merge what stands below it.
    "unknown key `<<`",
    "`a.example:8443` is no host pattern",
    "`*` is no host pattern",
    "`2027-02-30`, not a day",
    "changes nothing",
    "is corrected twice",
    "more than one colon",
    "the last label is a number",
    "the proxy `a.example:80` is there twice",
];

#[test]
fn what_is_wrong_in_shape_does_not_fit() {
    let validator = validator();
    let mut beyond = BTreeSet::new();
    let rest = WRONG.iter().map(|(text, .., message, _)| (format!("{HEAD} {text}"), *message));
    let whole = WRONG_FROM_THE_START.iter().map(|(text, .., message, _)| ((*text).to_owned(), *message));
    for (text, message) in rest.chain(whole) {
        match BEYOND.iter().find(|start| message.contains(**start)) {
            Some(start) => {
                assert_eq!(wrong(&validator, &text), None, "it can be told: {message}");
                beyond.insert(*start);
            }
            None => assert!(wrong(&validator, &text).is_some(), "{message}\n{text}"),
        }
    }
    assert_eq!(beyond, BEYOND.iter().copied().collect());
}

#[test]
fn the_file_of_the_project_is_what_the_program_prints() {
    let file = snapbox::Data::read_from(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(FILE),
        Some(snapbox::data::DataFormat::Text),
    );
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(text(), file.raw());
}

#[test]
fn every_key_is_explained() {
    fn look(schema: &Value, path: &str, open: &mut usize) {
        for (key, schema) in schema["properties"].as_object().unwrap_or(&Map::new()) {
            let text = schema["description"].as_str().unwrap_or_default();
            // A list is explained once, where a level by list is defined.
            if !path.contains("/Levels-") {
                assert!(!text.is_empty(), "{path}/{key}");
                *open += 1;
            }
        }
        for (key, schema) in schema.as_object().into_iter().flatten() {
            look(schema, &format!("{path}/{key}"), open);
        }
    }
    let mut explained = 0;
    look(&schema(), "", &mut explained);
    assert!(explained > 100, "{explained}");
}
