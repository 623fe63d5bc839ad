//! Quirks of workbooks, and workbooks that mean harm.

use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::super::error::Refusal;
use super::super::tests::{counts, found, read_all, text, try_read};
use super::super::{Document, Format, Role, sniff};
use crate::diag::Code;

const RELS: &str = r#"<Relationships><Relationship Id="w" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

/// A workbook of these parts, deflated.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of sheets: attributes of the sheet, its XML within `<worksheet>`; and other parts.
fn workbook(sheets: &[(&str, &str)], others: &[(&str, &str)]) -> Vec<u8> {
    let (mut list, mut relations, mut parts) = (String::new(), String::new(), Vec::new());
    for (at, (attributes, xml)) in sheets.iter().enumerate() {
        write!(list, r#"<sheet {attributes} sheetId="{at}" r:id="r{at}"/>"#).unwrap();
        write!(
            relations,
            r#"<Relationship Id="r{at}" Type="http://x/worksheet" Target="worksheets/{at}.xml"/>"#
        )
        .unwrap();
        parts.push((format!("xl/worksheets/{at}.xml"), format!("<worksheet>{xml}</worksheet>")));
    }
    for (name, kind) in [("sharedStrings.xml", "sharedStrings"), ("styles.xml", "styles")] {
        write!(relations, r#"<Relationship Id="{kind}" Type="http://x/{kind}" Target="/xl/{name}"/>"#)
            .unwrap();
    }
    let book = format!("<workbook><sheets>{list}</sheets></workbook>");
    let relations = format!("<Relationships>{relations}</Relationships>");
    let mut all =
        vec![("_rels/.rels", RELS), ("xl/workbook.xml", &book), ("xl/_rels/workbook.xml.rels", &relations)];
    all.extend(parts.iter().map(|(name, xml)| (&name[..], &xml[..])));
    all.extend(others);
    archive(&all)
}

fn one_sheet(xml: &str) -> Vec<u8> {
    workbook(&[(r#"name="S""#, xml)], &[])
}

/// `<sheetData>` of rows of inline texts; an empty text is no cell. A row may begin with attributes of
/// its element: `{hidden="1"}`.
fn data(rows: &[&str]) -> String {
    let mut xml = String::from("<sheetData>");
    for (row, line) in rows.iter().enumerate() {
        let (attributes, line) =
            line.strip_prefix('{').and_then(|line| line.split_once('}')).unwrap_or(("", line));
        write!(xml, r#"<row r="{}" {attributes}>"#, row + 1).unwrap();
        for (column, cell) in line.split('|').enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let place = char::from(b'A' + column as u8);
            write!(xml, r#"<c r="{place}{}" t="inlineStr"><is><t>{cell}</t></is></c>"#, row + 1).unwrap();
        }
        xml.push_str("</row>");
    }
    xml + "</sheetData>"
}

fn merges(ranges: &[&str]) -> String {
    let cells: String = ranges.iter().map(|range| format!(r#"<mergeCell ref="{range}"/>"#)).collect();
    format!("<mergeCells>{cells}</mergeCells>")
}

/// Every data row as its texts under the header, `-` where there is none.
fn grid(document: &Document) -> Vec<String> {
    let mut lines = Vec::new();
    for table in &document.tables {
        for row in &table.rows {
            let cells = (0..table.columns.len()).map(|column| {
                let cell = row.cells.iter().find(|cell| usize::from(cell.column) == column);
                cell.map_or("-", |cell| &*cell.text)
            });
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    lines
}

#[test]
fn a_cell_that_is_no_string_becomes_the_text_that_is_shown() {
    let styles = r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let strings = r#"<sst uniqueCount="2"><si><r><t>a.</t></r><r><t xml:space="preserve">example </t></r></si><si><t>b.example_x000D_
c.example</t></si></sst>"#;
    let xml = r#"<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>URL</t></is></c><c r="B1" t="inlineStr"><is><t>Port</t></is></c></row>
        <row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><v>443</v></c><c r="C2" t="b"><v>1</v></c><c r="D2" t="e"><v>#N/A</v></c></row>
        <row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3"><v>4.43E2</v></c><c r="C3" s="1"><v>45505</v></c><c r="D3" s="1"><v>45505.5</v></c></row>
        <row r="4"><c r="A4" t="str"><f>A2</f><v>d.example</v></c><c r="B4"><v>0.5</v></c><c r="C4"/></row></sheetData>"#;
    let bytes =
        workbook(&[(r#"name="S""#, xml)], &[("xl/sharedStrings.xml", strings), ("xl/styles.xml", styles)]);
    let (document, _) = read_all(&bytes);
    assert_eq!(
        grid(&document),
        [
            "a.example |443|TRUE|#N/A",
            "b.example\nc.example|443|2024-08-01|2024-08-01T12:00:00",
            "d.example|0.5|-|-"
        ]
    );
}

#[test]
fn merged_and_blank_cells_inherit_downwards_but_an_endpoint_does_not() {
    let xml = data(&[
        "Category|Port|URL|Comments|OS",
        "first|443|a.example|note|All",
        "||b.example",
        "second||c.example||Linux",
        "|80|d.example",
        "third|8080||no endpoint here|",
    ]) + &merges(&["A2:A3", "B2:B3", "D2:D3"]);
    let (document, _) = read_all(&one_sheet(&xml));
    assert_eq!(
        grid(&document),
        [
            "first|443|a.example|note|All",
            "first|443|b.example|note|-",
            // The port column merges above, so its blank cell inherits; a remark is about its own row,
            // and the OS column never merges.
            "second|443|c.example|-|Linux",
            "second|80|d.example|-|-",
            "third|8080|-|no endpoint here|-",
        ]
    );
    let table = &document.tables[0];
    assert_eq!(table.find(&table.rows[2], Role::Port).map(|cell| cell.row), Some(1));
}

#[test]
fn a_merged_endpoint_holds_for_each_of_its_rows() {
    let xml = data(&["URL|Port", "a.example|80", "|443"]) + &merges(&["A2:A3"]);
    let (document, _) = read_all(&one_sheet(&xml));
    assert_eq!(counts(&document), [("S", 1, 0, 2, 0)]);
    assert_eq!(grid(&document), ["a.example|80", "a.example|443"]);
}

#[test]
fn nothing_is_inherited_across_a_header_or_a_title() {
    let xml = data(&[
        "Port|URL",
        "80|a.example",
        "|b.example",
        "Another section",
        "|c.example",
        "Port|URL",
        "|d.example",
    ]) + &merges(&["A2:A3", "A6:A7", "A4:B4"]);
    let (document, _) = read_all(&one_sheet(&xml));
    assert_eq!(counts(&document), [("S", 2, 1, 4, 0)]);
    assert_eq!(grid(&document), ["80|a.example", "80|b.example", "-|c.example", "-|d.example"]);
}

#[test]
fn a_merge_over_blank_rows_makes_no_rows() {
    let xml = data(&["URL|Port", "a.example|443", "", "", "b.example|443"]) + &merges(&["A2:A4", "B2:B4"]);
    assert_eq!(counts(&read_all(&one_sheet(&xml)).0), [("S", 1, 0, 2, 0)]);
}

#[test]
fn a_yes_that_is_merged_over_several_platforms_counts_for_each() {
    let xml = data(&["URL|Windows 10|Windows 7|Mac|Comments", "a.example|Yes|||x"]) + &merges(&["B2:D2"]);
    assert_eq!(grid(&read_all(&one_sheet(&xml)).0), ["a.example|Yes|Yes|Yes|x"]);
}

#[test]
fn a_blank_platform_stays_blank_where_another_row_merges_it() {
    let xml =
        data(&["URL|Port|Mac", "a.example|443|Yes", "b.example|443", "c.example|443"]) + &merges(&["C2:C3"]);
    assert_eq!(
        grid(&read_all(&one_sheet(&xml)).0),
        ["a.example|443|Yes", "b.example|443|Yes", "c.example|443|-"]
    );
}

#[test]
fn a_title_is_counted_and_a_host_in_a_wrong_column_is_data() {
    let xml = data(&[
        "Our list|as of May",
        "Service|Port|URL",
        "A section",
        "merged title||",
        "stray.example",
        "x|443|a.example",
        "note one|note two",
    ]) + &merges(&["A4:C4"]);
    let (document, _) = read_all(&one_sheet(&xml));
    assert_eq!(counts(&document), [("S", 1, 3, 3, 0)]);
    assert_eq!(grid(&document), ["stray.example|-|-", "x|443|a.example", "note one|note two|-"]);
}

#[test]
fn a_cell_beyond_the_header_is_kept_in_its_place() {
    let xml = data(&["URL||Port", "a.example|left|443|right"]);
    let (document, _) = read_all(&one_sheet(&xml));
    let table = &document.tables[0];
    assert_eq!(table.columns.iter().map(|column| column.column).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(grid(&document), ["a.example|left|443|right"]);
    assert_eq!(text(table, &table.rows[0], Role::Port), "443");
}

#[test]
fn hidden_rows_columns_and_sheets_are_read_and_reported() {
    let xml = r#"<cols><col min="2" max="2" hidden="1"/><col min="9" max="9" hidden="1"/></cols>"#.to_owned()
        + &data(&[
            "URL|Port",
            r#"{hidden="1"}a.example|443"#,
            r#"{hidden="true"}b.example|443"#,
            r#"{hidden="1"}"#,
            "c.example|443",
            r#"{ht="0"}d.example|443"#,
        ])
        + r#"<autoFilter ref="A1:B6"/>"#;
    let other = data(&["URL|Port", "e.example|443"]);
    let bytes = workbook(&[(r#"name="S""#, &xml), (r#"name="T" state="veryHidden""#, &other)], &[]);
    let (document, findings) = read_all(&bytes);
    assert_eq!(counts(&document), [("S", 1, 0, 4, 0), ("T", 1, 0, 1, 0)]);
    assert_eq!(
        document.tables[0].rows.iter().map(|row| row.hidden).collect::<Vec<_>>(),
        [true, true, false, true]
    );
    let told = |message: &str, at: &str| (message.to_owned(), at.to_owned());
    assert_eq!(
        found(&findings, Code::HiddenRow),
        [
            told("3 hidden rows of `S`: 2 to 3, 6", "A2"),
            told("the column `Port` of `S` is hidden", "B2"),
            told("the sheet `T` with 1 rows is hidden", "A1"),
        ]
    );
    assert_eq!(findings[0].label, "a filter is set");
}

#[test]
fn a_sheet_name_with_control_characters_is_escaped() {
    let xml = data(&["URL|Port", "a.example|443"]);
    let bytes = workbook(&[(r#"name=" a&#x1b;[2J&amp;b&#x202e; ""#, &xml)], &[]);
    assert_eq!(counts(&read_all(&bytes).0)[0].0, "a\\u{1b}[2J&b\\u{202e}");
}

#[test]
fn two_sheets_of_one_name_are_both_read() {
    let (first, second) = (data(&["URL|Port", "a.example|1"]), data(&["URL|Port", "b.example|2"]));
    let bytes = workbook(&[(r#"name="S""#, &first), (r#"name="S""#, &second)], &[]);
    assert_eq!(grid(&read_all(&bytes).0), ["a.example|1", "b.example|2"]);
}

#[test]
fn rows_and_cells_without_numbers_count_on() {
    let cell = |text: &str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let xml = format!(
        "<sheetData><row>{}{}</row><row/><row hidden='1'>{}{}</row></sheetData>",
        cell("URL"),
        cell("Port"),
        cell("a.example"),
        cell("443")
    );
    let (document, _) = read_all(&one_sheet(&xml));
    let row = &document.tables[0].rows[0];
    assert_eq!((row.row, row.hidden, grid(&document)), (2, true, vec!["a.example|443".to_owned()]));
}

#[test]
fn a_workbook_without_a_header_says_which_rows_it_saw() {
    let bytes = workbook(
        &[
            (r#"name="One""#, &data(&["A title", "Process|Path"])),
            (r#"name="Two""#, &data(&["Service", "x"])),
        ],
        &[],
    );
    let (error, findings) = try_read(&bytes);
    assert!(error.unwrap_err().to_string().ends_with("seen: `One`: Process | Path; `Two`: Service"));
    assert_eq!(found(&findings, Code::SheetWithoutEndpoints).len(), 2);
}

#[test]
fn other_archives_are_named() {
    for (name, want) in [
        ("content.xml", Format::OpenDocument),
        ("xl/workbook.bin", Format::BinaryWorkbook),
        ("readme.txt", Format::Archive),
    ] {
        assert_eq!(sniff(&archive(&[(name, "")])), want);
    }
}

// From here on the workbooks mean harm.

/// What is wrong with a sheet of this XML.
fn refused(xml: &str) -> Refusal {
    try_read(&one_sheet(xml)).0.unwrap_err()
}

#[test]
fn a_part_that_inflates_without_end_is_refused_before_it_does() {
    let zeros = vec![0u8; 1 << 20];
    for part in ["xl/worksheets/0.xml", "docProps/core.xml"] {
        let bytes = one_sheet(&data(&["URL|Port", "a.example|443"]));
        let mut honest = ZipWriter::new(Cursor::new(Vec::new()));
        let mut parts = ZipArchive::new(Cursor::new(&bytes[..])).unwrap();
        for at in 0..parts.len() {
            let file = parts.by_index_raw(at).unwrap();
            if file.name().unwrap() != part {
                honest.raw_copy_file(file).unwrap();
            }
        }
        honest.start_file(part, SimpleFileOptions::default()).unwrap();
        for _ in 0..32 {
            honest.write_all(&zeros).unwrap();
        }
        let honest = honest.finish().unwrap().into_inner();
        let error = try_read(&honest).0.unwrap_err();
        assert!(matches!(error, Refusal::Bomb { .. }), "{part}: {error}");
        // The same with a size of 1000 bytes in both of its headers.
        let size = (32u32 << 20).to_le_bytes();
        let mut lying = honest;
        let mut changed = 0;
        for at in 0..lying.len() - 30 {
            let field = match &lying[at..at + 4] {
                b"PK\x03\x04" => at + 22,
                b"PK\x01\x02" => at + 24,
                _ => continue,
            };
            if lying[field..field + 4] == size {
                lying[field..field + 4].copy_from_slice(&1000u32.to_le_bytes());
                changed += 1;
            }
        }
        assert_eq!(changed, 2);
        let error = try_read(&lying).0.unwrap_err();
        // The archive reader stops at the size that it was told.
        assert!(matches!(error, Refusal::Damaged { .. }), "{part}: {error}");
    }
}

#[test]
fn a_cell_in_the_last_corner_costs_nothing() {
    let xml = data(&["URL|Port", "a.example|443"]).replace(
        "</sheetData>",
        r#"<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row></sheetData>"#,
    );
    let (document, _) = read_all(&one_sheet(&format!(r#"<dimension ref="A1:XFD1048576"/>{xml}"#)));
    assert_eq!(counts(&document), [("S", 1, 1, 1, 0)]);
}

#[test]
fn a_merge_of_the_whole_sheet_and_a_hundred_thousand_merges_are_read() {
    let rows = data(&["URL|Port", "a.example|443", "b.example"]);
    let whole = format!("{rows}{}", merges(&["A1:XFD1048576"]));
    assert_eq!(counts(&read_all(&one_sheet(&whole)).0), [("S", 1, 0, 2, 0)]);
    let many: Vec<String> = (1..=100_000).map(|at| format!("A{at}:XFD1048576")).collect();
    let many = format!("{rows}{}", merges(&many.iter().map(|range| &range[..]).collect::<Vec<_>>()));
    assert_eq!(counts(&read_all(&one_sheet(&many)).0), [("S", 1, 0, 2, 0)]);
}

#[test]
fn xml_that_nests_deep_or_defines_entities_is_refused() {
    let rows = data(&["URL|Port", "a.example|443"]);
    let deep = format!("{rows}{}{}", "<x>".repeat(100_000), "</x>".repeat(100_000));
    assert!(refused(&deep).to_string().ends_with("elements nest deeper than 64"));
    let entity = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>"#;
    let bytes = workbook(
        &[(r#"name="S""#, &rows)],
        &[("xl/sharedStrings.xml", &format!("{entity}<sst><si><t>&b;</t></si></sst>"))],
    );
    assert!(try_read(&bytes).0.unwrap_err().to_string().ends_with("document type declaration"));
    assert!(refused(&format!("{entity}{rows}")).to_string().ends_with("document type declaration"));
}

#[test]
fn what_a_library_says_of_a_text_moves_no_cursor() {
    let rows = data(&["URL|Port", "a.example|443"]);
    let strings = "<sst><si><t>&\u{1b}[2J;</t></si></sst>";
    let bytes = workbook(&[(r#"name="S""#, &rows)], &[("xl/sharedStrings.xml", strings)]);
    let error = try_read(&bytes).0.unwrap_err().to_string();
    assert!(error.contains("\\u{1b}[2J") && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn places_outside_of_a_sheet_are_refused() {
    let rows = data(&["URL|Port", "a.example|443"]);
    for (from, to) in [
        (r#"r="A2""#, r#"r="A99999999999""#),
        (r#"r="A2""#, r#"r="AAAAAAAAAAAA2""#),
        (r#"r="A2""#, r#"r="XFE2""#),
        (r#"r="A2""#, r#"r="A0""#),
        (r#"r="A2""#, r#"r="99999999999&bad;""#),
        (r#"<row r="2""#, r#"<row r="4294967297""#),
        // Cells that go back, or stand in another row than their own.
        (r#"r="B2""#, r#"r="A2""#),
        (r#"r="A2""#, r#"r="A1""#),
    ] {
        let xml = rows.replace(from, to);
        assert_ne!(xml, rows);
        assert!(matches!(refused(&xml), Refusal::Damaged { .. }), "{to}");
    }
    for dimension in ["B5:A1", "A1:B99999999999", "", "x"] {
        let xml = format!(r#"<dimension ref="{dimension}"/>{rows}"#);
        assert!(matches!(refused(&xml), Refusal::Damaged { .. }), "{dimension}");
    }
    assert!(matches!(refused(&format!("{rows}{}", merges(&["C5:A1"]))), Refusal::Damaged { .. }));
}

#[test]
fn strings_are_not_reserved_because_a_number_says_so() {
    let rows = data(&["URL|Port", "a.example|443"]);
    for (count, refused) in
        [("18446744073709551615", true), ("4000000000", true), ("-1", false), ("7", false)]
    {
        let strings = format!(r#"<sst uniqueCount="{count}"><si><t>x</t></si></sst>"#);
        let result = try_read(&workbook(&[(r#"name="S""#, &rows)], &[("xl/sharedStrings.xml", &strings)])).0;
        assert_eq!(matches!(result, Err(Refusal::TooLarge { .. })), refused, "{count}");
    }
}

#[test]
fn one_element_of_many_megabytes_is_refused() {
    // Letters that do not compress to nothing, so that the ratio is not what refuses it.
    let mut state = 1u32;
    let text: String = (0..5 << 18)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + (state >> 27) as u8 % 26)
        })
        .collect();
    for xml in [
        data(&["URL|Port", &format!("a.example|{text}")]),
        data(&["URL|Port", &format!("a.example|{}", text.replace('x', "</t><t>"))]),
        format!(r#"<sheetPr x="{text}"/>{}"#, data(&["URL|Port", "a.example|443"])),
    ] {
        assert!(matches!(refused(&xml), Refusal::TooLarge { .. }), "{}", refused(&xml));
    }
}

fn open_error(bytes: &[u8]) -> Refusal {
    super::Package::open(bytes).err().unwrap()
}

#[test]
fn too_many_entries_and_equal_names_are_refused() {
    let names: Vec<String> = (0..4_097).map(|at| at.to_string()).collect();
    let many = archive(&names.iter().map(|name| (&name[..], "")).collect::<Vec<_>>());
    assert!(matches!(open_error(&many), Refusal::TooLarge { found: 4_097, .. }));
    assert!(
        open_error(&many[..many.len() / 2]).to_string().starts_with("the workbook is cut off or damaged")
    );
    let twice = workbook(&[(r#"name="S""#, "")], &[("XL/Workbook.xml", "")]);
    assert!(matches!(open_error(&twice), Refusal::Damaged { .. }));
    let mut twice = workbook(&[(r#"name="S""#, "")], &[("xl/Workbook.xml", "")]);
    while let Some(at) = twice.windows(8).position(|window| window == b"Workbook") {
        twice[at] = b'w';
    }
    assert!(open_error(&twice).to_string().ends_with("two parts with one name"));
}

#[test]
fn a_sheet_without_data_has_no_rows() {
    let rows = data(&["URL|Port", "a.example|443"]);
    let (document, _) = read_all(&workbook(&[(r#"name="S""#, &rows), (r#"name="T""#, "")], &[]));
    assert_eq!(counts(&document), [("S", 1, 0, 1, 0), ("T", 0, 0, 0, 0)]);
}

/// The real workbooks, to be damaged.
fn real() -> [Vec<u8>; 2] {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/");
    ["mde-urls-2021-03.xlsx", "mde-streamlined-urls-commercial-2024-08.xlsx"]
        .map(|name| std::fs::read(format!("{folder}{name}")).unwrap())
}

#[test]
fn a_workbook_that_is_cut_off_is_refused() {
    for bytes in real() {
        for part in 0..60 {
            let cut = &bytes[..bytes.len() * part / 60];
            assert!(try_read(cut).0.is_err(), "{} of {}", cut.len(), bytes.len());
        }
        for end in 1..40 {
            assert!(try_read(&bytes[..bytes.len() - end]).0.is_err(), "{end} bytes short");
        }
    }
}

/// A workbook with bytes of its parts changed, so that the archive is whole and the XML is not.
fn with_changed_parts(bytes: &[u8], mut random: impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut from = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for at in 0..from.len() {
        let mut file = from.by_index(at).unwrap();
        let mut part = Vec::new();
        file.read_to_end(&mut part).unwrap();
        for _ in 0..random(3) {
            let place = random(part.len().max(1));
            match random(3) {
                0 => {
                    part.truncate(part.len().max(1) - 1 - random(20).min(part.len().saturating_sub(1)));
                }
                1 if !part.is_empty() => part[place] = random(256) as u8,
                2 if !part.is_empty() => {
                    // Digits, quotes and brackets hurt more than letters.
                    part[place] = b"0189<>\"'=/&; AZ"[random(15)];
                }
                _ => {}
            }
        }
        let name = file.name().unwrap().into_owned();
        to.start_file(name, options).unwrap();
        to.write_all(&part).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn no_damage_makes_it_panic() {
    const ROUNDS: usize = 25;
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let mut still_read = 0;
    for bytes in real() {
        for _ in 0..ROUNDS {
            let mut flipped = bytes.clone();
            for _ in 0..=random(4) {
                let place = random(flipped.len());
                flipped[place] ^= 1 << random(8);
            }
            still_read += usize::from(try_read(&flipped).0.is_ok());
            let changed = with_changed_parts(&bytes, &mut random);
            still_read += usize::from(try_read(&changed).0.is_ok());
        }
    }
    // Damage elsewhere than in the tables is no reason to refuse them.
    assert!((1..ROUNDS * 4).contains(&still_read), "{still_read}");
}
