//! Workbooks made of parts.

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Name and content of a part.
pub type Part = (String, Vec<u8>);

/// Every part of a workbook of one sheet, in which a row opens `a.example.com`.
pub fn parts() -> Vec<Part> {
    sheets(&[("S", &rows(&["Endpoint/URL|Port|Geography", "a.example.com|443|WW"]))])
}

/// The same with another sheet: what stands within `<worksheet>`.
pub fn parts_with(xml: &str) -> Vec<Part> {
    sheets(&[("S", xml)])
}

/// The parts of a workbook of sheets: the name, escaped as XML, and what stands within `<worksheet>`.
pub fn sheets(sheets: &[(&str, &str)]) -> Vec<Part> {
    let (mut list, mut relations, mut parts) = (String::new(), String::new(), Vec::new());
    for (at, (name, xml)) in sheets.iter().enumerate() {
        write!(list, r#"<sheet name="{name}" sheetId="{}" r:id="r{at}"/>"#, at + 1).unwrap();
        write!(
            relations,
            r#"<Relationship Id="r{at}" Type="http://x/worksheet" Target="worksheets/{at}.xml"/>"#
        )
        .unwrap();
        parts.push((format!("xl/worksheets/{at}.xml"), format!("<worksheet>{xml}</worksheet>").into_bytes()));
    }
    for (name, kind) in [("sharedStrings.xml", "sharedStrings"), ("styles.xml", "styles")] {
        write!(relations, r#"<Relationship Id="{kind}" Type="http://x/{kind}" Target="/xl/{name}"/>"#)
            .unwrap();
    }
    let package = r#"<Relationships><Relationship Id="w" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let texts = [
        ("_rels/.rels", package.to_owned()),
        ("xl/workbook.xml", format!("<workbook><sheets>{list}</sheets></workbook>")),
        ("xl/_rels/workbook.xml.rels", format!("<Relationships>{relations}</Relationships>")),
        ("xl/sharedStrings.xml", "<sst><si><t>shared.example.com</t></si></sst>".to_owned()),
        ("xl/styles.xml", "<styleSheet><cellXfs><xf numFmtId=\"0\"/></cellXfs></styleSheet>".to_owned()),
        ("docProps/core.xml", "<core><modified>2026-01-02T00:00:00Z</modified></core>".to_owned()),
    ];
    parts.extend(texts.map(|(name, text)| (name.to_owned(), text.into_bytes())));
    parts
}

/// `<sheetData>` of rows of inline texts, which are XML already; an empty text is no cell.
pub fn rows(rows: &[&str]) -> String {
    let mut xml = String::from("<sheetData>");
    for (row, line) in (1..).zip(rows) {
        write!(xml, r#"<row r="{row}">"#).unwrap();
        for (column, cell) in line.split('|').enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let place = char::from(b'A' + u8::try_from(column).unwrap());
            write!(xml, r#"<c r="{place}{row}" t="inlineStr"><is><t>{cell}</t></is></c>"#).unwrap();
        }
        xml.push_str("</row>");
    }
    xml + "</sheetData>"
}

/// A text as XML has it, without the bar that parts cells in [`rows`]. What XML cannot hold is left out.
pub fn escaped(text: &str) -> String {
    let holds = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(holds).fold(String::new(), |mut out, c| {
        match c {
            '<' | '>' | '&' | '"' | '\'' | '|' | '\r' | '\n' | '\t' => {
                write!(out, "&#{};", u32::from(c)).unwrap()
            }
            c => out.push(c),
        }
        out
    })
}

/// The parts as an archive.
pub fn zip(parts: &[Part]) -> Vec<u8> {
    zip_with(parts, SimpleFileOptions::default())
}

pub fn zip_with(parts: &[Part], options: SimpleFileOptions) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The parts with one replaced or added.
pub fn with(mut parts: Vec<Part>, name: &str, content: impl Into<Vec<u8>>) -> Vec<Part> {
    parts.retain(|(own, _)| own != name);
    parts.push((name.to_owned(), content.into()));
    parts
}

/// An entry of an archive that is put together by hand, so that it may lie.
#[derive(Clone)]
pub struct Raw {
    pub name: String,
    /// 0 stored, 8 deflated.
    pub method: u16,
    pub flags: u16,
    pub content: Vec<u8>,
    /// Its size when inflated, as the headers say.
    pub size: u32,
    pub crc: u32,
    /// Whether the entry shares the content of the one before.
    pub shares: bool,
}

impl Raw {
    pub fn stored(name: &str, content: &[u8]) -> Self {
        let size = u32::try_from(content.len()).unwrap();
        Self {
            name: name.to_owned(),
            method: 0,
            flags: 0,
            content: content.to_vec(),
            size,
            crc: crc(content),
            shares: false,
        }
    }
}

/// An archive of such entries.
pub fn raw_zip(entries: &[Raw]) -> Vec<u8> {
    let (mut out, mut directory, mut start) = (Vec::new(), Vec::new(), 0);
    for entry in entries {
        let name = entry.name.as_bytes();
        let mut common = Vec::new();
        for field in [20u16, entry.flags, entry.method, 0, 0] {
            common.extend(field.to_le_bytes());
        }
        for field in [entry.crc, u32::try_from(entry.content.len()).unwrap(), entry.size] {
            common.extend(field.to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend(0u16.to_le_bytes());
        if !entry.shares {
            start = u32::try_from(out.len()).unwrap();
            out.extend(b"PK\x03\x04");
            out.extend(&common);
            out.extend(name);
            out.extend(&entry.content);
        }
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name);
    }
    let (at, length) = (out.len(), directory.len());
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries.len().min(0xffff)).unwrap();
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    for field in [length, at] {
        out.extend(u32::try_from(field).unwrap().to_le_bytes());
    }
    out.extend([0, 0]);
    out
}

/// So many megabytes of zeros, deflated: a thousand octets for each.
pub fn deflated_zeros(megabytes: usize) -> Vec<u8> {
    // What zlib makes of one megabyte, with a full flush behind it.
    let start: &[u8] = &[0xec, 0xc1, 0x31, 1, 0, 0, 0, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 8, 0x5f, 0xa0];
    let one = [start, &[0; 1016], &[0x3e, 3, 0, 0, 0xff, 0xff]].concat();
    let mut out = one.repeat(megabytes);
    // An empty last block.
    out.extend([3, 0]);
    out
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
