//! The archive of a workbook: its parts, measured while they are inflated.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Cursor, Read, Write};
use std::rc::Rc;

use jiff::civil::Date;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::super::error::Refusal;
use super::super::limits;
use crate::text::shown;

/// An archive with the places of its parts.
pub(super) struct Package<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Lower-case path with `/` to the entry.
    entries: BTreeMap<String, usize>,
    /// Bytes inflated so far.
    inflated: u64,
}

/// What `workbook.xml` and its relationships say.
pub(super) struct Workbook {
    /// Worksheets, in order.
    pub sheets: Vec<SheetPart>,
    shared_strings: Option<usize>,
    styles: Option<usize>,
    date1904: bool,
}

/// One worksheet.
pub(super) struct SheetPart {
    /// As written, not trimmed.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// Its entry in the archive.
    pub part: usize,
}

/// Counts what is read from a part, and stops where it is too much.
pub(super) struct Meter {
    part: String,
    limit: u64,
    read: Cell<u64>,
    /// Bytes since the last whole element.
    element: Cell<u64>,
    exceeded: Cell<Option<Excess>>,
}

#[derive(Clone, Copy)]
enum Excess {
    Part,
    Element,
}

impl Meter {
    /// Tells that an element is complete.
    pub(super) fn element_done(&self) {
        self.element.set(0);
    }

    /// The refusal for an error of the XML reader.
    pub(super) fn refusal(&self, message: impl ToString) -> Refusal {
        let part = self.part.clone();
        match self.exceeded.get() {
            Some(Excess::Part) => Refusal::Bomb { part, limit: self.limit },
            Some(Excess::Element) => Refusal::TooLarge {
                what: format!("bytes of one element in `{part}`"),
                found: self.element.get(),
                limit: limits::ELEMENT,
            },
            None => Refusal::Damaged { part, message: shown(&message.to_string(), 200) },
        }
    }
}

/// A part that is inflated under its meter.
pub(super) struct Metered<R> {
    inner: R,
    meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let meter = &self.meter;
        meter.read.set(meter.read.get() + read as u64);
        meter.element.set(meter.element.get() + read as u64);
        let excess = if meter.read.get() > meter.limit {
            Excess::Part
        // The buffered reader reads ahead, so that an element may seem larger than it is.
        } else if meter.element.get() > limits::ELEMENT + (64 << 10) {
            Excess::Element
        } else {
            return Ok(read);
        };
        meter.exceeded.set(Some(excess));
        Err(io::Error::other("too large"))
    }
}

/// The XML of a part.
pub(super) type PartXml<'a> = Reader<BufReader<Metered<Box<dyn Read + 'a>>>>;

impl<'b> Package<'b> {
    /// Opens an archive and looks at its directory.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Refusal> {
        let damaged = |message: String| Refusal::Damaged { part: "archive".into(), message };
        // Before the directory is read, which takes memory for each entry.
        let found = entry_count(bytes).unwrap_or_default();
        if found > limits::ENTRIES as u64 {
            let limit = limits::ENTRIES as u64;
            return Err(Refusal::TooLarge { what: "entries in the archive".into(), found, limit });
        }
        let no_archive = |error: zip::result::ZipError| Refusal::NoArchive(shown(&error.to_string(), 200));
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(no_archive)?;
        // The reader keeps the last of two entries with one name, other programs the first.
        if zip.len() as u64 != found {
            return Err(damaged("two parts with one name".into()));
        }
        let mut entries = BTreeMap::new();
        for at in 0..zip.len() {
            let Some(Ok(name)) = zip.name_for_index(at) else { continue };
            let name = name.replace('\\', "/").to_ascii_lowercase();
            if entries.insert(name.clone(), at).is_some() {
                return Err(damaged(format!("two parts with the name `{}`", shown(&name, 80))));
            }
        }
        Ok(Self { zip, entries, inflated: 0 })
    }

    /// The entry of a path, without regard to case, as spreadsheet programs look it up.
    fn find(&self, path: &str) -> Option<usize> {
        self.entries.get(&path.to_ascii_lowercase()).copied()
    }

    /// Whether there is a part of this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// Inflates one part under its limits and reads it as XML, to its end.
    pub(super) fn part<T>(
        &mut self,
        entry: usize,
        limit: u64,
        read: impl FnOnce(&mut PartXml<'_>, &Meter) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let damaged = |error: &dyn ToString| Refusal::Damaged {
            part: "archive".into(),
            message: shown(&error.to_string(), 200),
        };
        let file = self.zip.by_index(entry).map_err(|error| damaged(&error))?;
        let part = file.name().map_err(|error| damaged(&error))?.into_owned();
        let ratio = file.compressed_size().saturating_mul(limits::RATIO).max(limits::RATIO_FLOOR);
        let limit = limit.min(limits::INFLATED - self.inflated).min(ratio);
        let part = shown(&part, 80);
        if file.size() > limit {
            return Err(Refusal::Bomb { part, limit });
        }
        let meter = Rc::new(Meter {
            part,
            limit,
            read: Cell::new(0),
            element: Cell::new(0),
            exceeded: Cell::new(None),
        });
        let inner: Box<dyn Read + '_> = Box::new(file);
        let metered = Metered { inner, meter: meter.clone() };
        let mut reader = Reader::from_reader(BufReader::new(metered));
        let config = reader.config_mut();
        config.check_end_names = false;
        config.check_comments = false;
        let result = read(&mut reader, &meter);
        self.inflated += meter.read.get();
        result
    }

    /// Reads the workbook and its relationships.
    pub(super) fn workbook(&mut self) -> Result<Workbook, Refusal> {
        let package = self.relationships("_rels/.rels", "")?;
        let main = package
            .values()
            .find(|relation| relation.kind == "officeDocument")
            .ok_or_else(|| missing("_rels/.rels", "it names no workbook"))?;
        let path = main.target.clone();
        let entry = self.find(&path).ok_or_else(|| absent("_rels/.rels", &path))?;
        let (folder, name) = path.rsplit_once('/').map_or(("", &path[..]), |(folder, name)| (folder, name));
        let slash = if folder.is_empty() { "" } else { "/" };
        let relations_path = format!("{folder}{slash}_rels/{name}.rels");
        let relations = self.relationships(&relations_path, folder)?;
        let (listed, date1904) = self.part(entry, limits::PART, read_workbook)?;
        let one = |kind: &str| relations.values().find(|relation| relation.kind == kind);
        let shared_strings = one("sharedStrings").and_then(|relation| self.find(&relation.target));
        let styles = one("styles").and_then(|relation| self.find(&relation.target));
        let mut sheets: Vec<SheetPart> = Vec::new();
        let mut parts = BTreeSet::new();
        for ListedSheet { name, id, hidden } in listed {
            let relation = relations
                .get(&id)
                .ok_or_else(|| missing(&path, &format!("sheet `{}` has no part", shown(&name, 40))))?;
            // Chart and dialog sheets hold no cells.
            if relation.kind == "worksheet" {
                let part =
                    self.find(&relation.target).ok_or_else(|| absent(&relations_path, &relation.target))?;
                // A thousand sheets of one part would take a thousand times as long as its size says.
                if !parts.insert(part) {
                    return Err(missing(&relation.target, "two sheets share it"));
                }
                sheets.push(SheetPart { name, hidden, part });
            }
        }
        if let Some(entry) = shared_strings {
            self.part(entry, limits::SHARED_STRINGS, check_strings)?;
        }
        if let Some(entry) = styles {
            self.part(entry, limits::PART, |xml, meter| each(xml, meter, |_| Ok(())))?;
        }
        Ok(Workbook { sheets, shared_strings, styles, date1904 })
    }

    /// When the document was last changed, where it says so.
    pub(super) fn modified(&mut self) -> Result<Option<Date>, Refusal> {
        let Some(entry) = self.find("docProps/core.xml") else { return Ok(None) };
        let mut inside = false;
        let mut text = String::new();
        self.part(entry, limits::RATIO_FLOOR, |xml, meter| {
            each(xml, meter, |event| {
                match event {
                    Event::Start(start) => inside = start.local_name().as_ref() == "modified",
                    Event::End(_) => inside = false,
                    Event::Text(piece) if inside => text.push_str(piece),
                    _ => {}
                }
                Ok(())
            })
        })?;
        Ok(text.trim().get(..10).and_then(|day| day.parse().ok()))
    }

    fn relationships(&mut self, path: &str, folder: &str) -> Result<BTreeMap<String, Relation>, Refusal> {
        let entry = self.find(path).ok_or_else(|| missing(path, "it is not in the archive"))?;
        let mut relations = BTreeMap::new();
        self.part(entry, limits::PART, |xml, meter| {
            each(xml, meter, |event| {
                let (Event::Start(start) | Event::Empty(start)) = event else { return Ok(()) };
                if start.local_name().as_ref() != "Relationship" {
                    return Ok(());
                }
                let (mut id, mut kind, mut target) = (String::new(), String::new(), String::new());
                for attribute in attributes(start, meter) {
                    let (key, value) = attribute?;
                    match key {
                        "Id" => id = unescape(&value, meter)?,
                        "Type" => kind = value.rsplit('/').next().unwrap_or_default().to_owned(),
                        "Target" => target = resolve(folder, &unescape(&value, meter)?),
                        _ => {}
                    }
                }
                relations.insert(id, Relation { kind, target });
                Ok(())
            })
        })?;
        Ok(relations)
    }

    /// The parts that calamine needs, under names of our own and as they were measured, not inflated.
    pub(super) fn copy(&mut self, workbook: &Workbook) -> Result<Vec<u8>, Refusal> {
        let internal = |error: zip::result::ZipError| Refusal::Damaged {
            part: "archive".into(),
            message: shown(&error.to_string(), 200),
        };
        let mut parts: Vec<(usize, String)> = Vec::new();
        let mut sheets = String::new();
        let mut relations = String::new();
        for (at, sheet) in workbook.sheets.iter().enumerate() {
            let name = copied_name(at);
            sheets.push_str(&format!(r#"<sheet name="{name}" sheetId="{}" r:id="{name}"/>"#, at + 1));
            relations.push_str(&format!(
                r#"<Relationship Id="{name}" Type="{RELATION}/worksheet" Target="{name}.xml"/>"#
            ));
            parts.push((sheet.part, format!("xl/{name}.xml")));
        }
        parts.extend(workbook.shared_strings.map(|entry| (entry, "xl/sharedStrings.xml".to_owned())));
        parts.extend(workbook.styles.map(|entry| (entry, "xl/styles.xml".to_owned())));
        let epoch = u8::from(workbook.date1904);
        let texts = [
            (
                "_rels/.rels",
                format!(
                    r#"<Relationships><Relationship Id="w" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
                ),
            ),
            (
                "xl/workbook.xml",
                format!(r#"<workbook><workbookPr date1904="{epoch}"/><sheets>{sheets}</sheets></workbook>"#),
            ),
            ("xl/_rels/workbook.xml.rels", format!("<Relationships>{relations}</Relationships>")),
        ];
        let mut copy = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in texts {
            copy.start_file(name, SimpleFileOptions::default()).map_err(internal)?;
            copy.write_all(text.as_bytes()).expect("internal error: memory cannot be written");
        }
        for (entry, name) in parts {
            let file = self.zip.by_index_raw(entry).map_err(internal)?;
            copy.raw_copy_file_rename(file, name).map_err(internal)?;
        }
        Ok(copy.finish().map_err(internal)?.into_inner())
    }
}

/// The name of a worksheet in the copy, by its place in [`Workbook::sheets`].
pub(super) fn copied_name(at: usize) -> String {
    format!("sheet{at}")
}

const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

struct Relation {
    /// The last word of its type: `worksheet`.
    kind: String,
    /// The path from the root of the archive.
    target: String,
}

/// How many entries the directory at the end of an archive says that it has.
fn entry_count(bytes: &[u8]) -> Option<u64> {
    // With the longest comment behind it.
    const LONGEST: usize = 22 + 0xffff;
    let tail = bytes.len().saturating_sub(LONGEST);
    let end = tail + bytes[tail..].windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let number = |at: usize, octets: usize| {
        let field = bytes.get(at..at.checked_add(octets)?)?;
        Some(field.iter().rev().fold(0u64, |number, &octet| number << 8 | u64::from(octet)))
    };
    let count = number(end + 10, 2)?;
    // Where that is too small a field, a locator before it tells of a larger one.
    match end.checked_sub(20).filter(|&at| bytes[at..].starts_with(b"PK\x06\x07")) {
        Some(locator) => {
            let record = usize::try_from(number(locator + 8, 8)?).ok()?;
            bytes.get(record..)?.starts_with(b"PK\x06\x06").then(|| number(record + 32, 8))?
        }
        None => Some(count),
    }
}

fn missing(part: &str, message: &str) -> Refusal {
    Refusal::Damaged { part: shown(part, 80), message: message.to_owned() }
}

/// A part that names another one, which is not there.
fn absent(part: &str, target: &str) -> Refusal {
    missing(part, &format!("it names `{}`, which is not in the archive", shown(target, 80)))
}

/// The path of a relationship's target from the root of the archive.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let mut path: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    path.join("/")
}

/// Names and values of an element's attributes, as they stand in the file.
pub(super) fn attributes<'a>(
    start: &'a BytesStart<'_>,
    meter: &'a Meter,
) -> impl Iterator<Item = Result<(&'a str, Cow<'a, str>), Refusal>> {
    let mut attributes = start.attributes();
    attributes.with_checks(false);
    attributes.map(|attribute| {
        let attribute = attribute.map_err(|error| meter.refusal(error))?;
        Ok((attribute.key.into_inner(), attribute.value))
    })
}

/// The value of an attribute with its character references replaced.
fn unescape(value: &str, meter: &Meter) -> Result<String, Refusal> {
    quick_xml::escape::unescape(value).map(Cow::into_owned).map_err(|error| meter.refusal(error))
}

/// Gives every event of a part to `see`, to its end, so that the archive's checksum is checked too.
pub(super) fn each(
    xml: &mut PartXml<'_>,
    meter: &Meter,
    mut see: impl FnMut(&Event<'_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut buffer = Vec::new();
    let mut depth = 0usize;
    // The depth at which the cell or string began that is being read.
    let mut whole: Option<usize> = None;
    loop {
        buffer.clear();
        let event = xml.read_event_into(&mut buffer).map_err(|error| meter.refusal(error))?;
        match &event {
            Event::Start(start) => {
                if matches!(start.local_name().as_ref(), "c" | "si") && whole.is_none() {
                    whole = Some(depth);
                    meter.element_done();
                }
                depth += 1;
                if depth > limits::DEPTH {
                    return Err(meter.refusal(format!("elements nest deeper than {}", limits::DEPTH)));
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if whole == Some(depth) {
                    whole = None;
                }
            }
            // An entity could stand for anything; no spreadsheet program writes one.
            Event::DocType(_) => return Err(meter.refusal("it has a document type declaration")),
            Event::Eof => return Ok(()),
            _ => {}
        }
        if whole.is_none() {
            meter.element_done();
        }
        see(&event)?;
    }
}

/// A sheet as `workbook.xml` lists it.
struct ListedSheet {
    name: String,
    /// Its relationship.
    id: String,
    hidden: bool,
}

/// The sheets, and whether dates count from 1904.
fn read_workbook(xml: &mut PartXml<'_>, meter: &Meter) -> Result<(Vec<ListedSheet>, bool), Refusal> {
    let mut sheets = Vec::new();
    let mut date1904 = false;
    each(xml, meter, |event| {
        let (Event::Start(start) | Event::Empty(start)) = event else { return Ok(()) };
        match start.local_name().as_ref() {
            "sheet" => {
                let (mut name, mut id, mut hidden) = (String::new(), String::new(), false);
                for attribute in attributes(start, meter) {
                    let (key, value) = attribute?;
                    match key {
                        "name" => name = unescape(&value, meter)?,
                        "state" => hidden = value != "visible",
                        key if key.rsplit(':').next() == Some("id") => id = unescape(&value, meter)?,
                        _ => {}
                    }
                }
                sheets.push(ListedSheet { name, id, hidden });
                if sheets.len() > limits::SHEETS {
                    return Err(Refusal::TooLarge {
                        what: "sheets".into(),
                        found: sheets.len() as u64,
                        limit: limits::SHEETS as u64,
                    });
                }
            }
            "workbookPr" => {
                for attribute in attributes(start, meter) {
                    let (key, value) = attribute?;
                    date1904 |= key == "date1904" && matches!(&value[..], "1" | "true");
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok((sheets, date1904))
}

/// Shared strings: calamine reserves memory for as many as the part says that it has.
fn check_strings(xml: &mut PartXml<'_>, meter: &Meter) -> Result<(), Refusal> {
    let limit = limits::CELLS / 4;
    each(xml, meter, |event| {
        if let Event::Start(start) | Event::Empty(start) = event
            && start.local_name().as_ref() == "sst"
        {
            for attribute in attributes(start, meter) {
                let (key, value) = attribute?;
                let found = value.parse::<u64>().unwrap_or(0);
                if key == "uniqueCount" && found > limit {
                    return Err(Refusal::TooLarge { what: "shared strings".into(), found, limit });
                }
            }
        }
        Ok(())
    })
}
