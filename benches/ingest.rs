//! How long documents of ten to a hundred thousand rows take to read.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{Cursor, Write};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use thruway::ingest;
use thruway::source::{Source, SourceId, SourceMap};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const HEADER: [&str; 8] = [
    "Service",
    "Geography",
    "Category",
    "Port",
    "Endpoint/URL",
    "Endpoint/URL Description",
    "Windows 10",
    "Comments",
];

/// One row, different from its neighbours where rows of real lists are.
fn row(at: usize) -> [String; 8] {
    [
        "Contoso Endpoint".into(),
        ["WW", "EU", "US"][at % 3].into(),
        format!("Category {}", at % 17),
        if at.is_multiple_of(5) { "80" } else { "443" }.into(),
        format!("*.host-{at}.region-{}.contoso.example", at % 97),
        format!("Used by component {} to report its state to the service", at % 1000),
        "Yes".into(),
        if at.is_multiple_of(10) { format!("See remark {at}") } else { String::new() },
    ]
}

fn csv(rows: usize) -> Vec<u8> {
    let mut text = HEADER.join(",") + "\r\n";
    for at in 0..rows {
        text += &(row(at).join(",") + "\r\n");
    }
    text.into_bytes()
}

/// A workbook with shared strings, as spreadsheet programs write it.
fn xlsx(rows: usize) -> Vec<u8> {
    let mut strings = String::from("<sst>");
    let mut sheet = String::from("<worksheet><sheetData>");
    let mut count = 0;
    for at in 0..=rows {
        write!(sheet, r#"<row r="{}">"#, at + 1).unwrap();
        let cells = if at == 0 { HEADER.map(String::from) } else { row(at - 1) };
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let place = char::from(b'A' + column as u8);
            if cell.parse::<u32>().is_ok() {
                write!(sheet, r#"<c r="{place}{}"><v>{cell}</v></c>"#, at + 1).unwrap();
            } else {
                write!(strings, "<si><t>{cell}</t></si>").unwrap();
                write!(sheet, r#"<c r="{place}{}" t="s"><v>{count}</v></c>"#, at + 1).unwrap();
                count += 1;
            }
        }
        sheet.push_str("</row>");
    }
    let relation =
        |id: &str, target: &str| format!(r#"<Relationship Id="{id}" Type="x/{id}" Target="{target}"/>"#);
    let relations = |list: &[String]| format!("<Relationships>{}</Relationships>", list.concat());
    let parts = [
        ("_rels/.rels", relations(&[relation("officeDocument", "xl/workbook.xml")])),
        (
            "xl/_rels/workbook.xml.rels",
            relations(&[relation("worksheet", "sheet.xml"), relation("sharedStrings", "sharedStrings.xml")]),
        ),
        (
            "xl/workbook.xml",
            r#"<workbook><sheets><sheet name="S" sheetId="1" r:id="worksheet"/></sheets></workbook>"#.into(),
        ),
        ("xl/sheet.xml", sheet + "</sheetData></worksheet>"),
        ("xl/sharedStrings.xml", strings + "</sst>"),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn source() -> SourceId {
    SourceMap::default().add(Source { name: "bench".into(), sha256: String::new(), date: None })
}

fn read_documents(criterion: &mut Criterion) {
    type Make = fn(usize) -> Vec<u8>;
    for (format, make) in [("xlsx", xlsx as Make), ("csv", csv)] {
        let mut group = criterion.benchmark_group(format!("ingest/{format}"));
        group.sample_size(10);
        for rows in [10, 1_000, 100_000] {
            let bytes = make(rows);
            group.throughput(Throughput::Elements(rows as u64));
            group.bench_with_input(BenchmarkId::from_parameter(rows), &bytes, |bencher, bytes| {
                bencher.iter(|| {
                    let document = ingest::read(source(), "bench", black_box(bytes), &mut Vec::new());
                    assert_eq!(document.unwrap().sheets[0].data as usize, rows);
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, read_documents);
criterion_main!(benches);
