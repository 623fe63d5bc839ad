//! What is read and what is refused.

use super::*;

fn first_value(text: &str) -> Result<String, String> {
    let body = Body::parse(text).map_err(|error| error.to_string())?;
    Ok(format!("{:?}", body.attributes[0].value.expression))
}

#[test]
fn a_body_is_a_tree_with_lines() {
    let text = "# who\nterraform {\n  required_providers {\n    panos = {\n      source = \"a/b\"\n    }\n  }\n}\n\n\
                resource \"kind\" \"label\" { // what\n  list = [\n    \"a\", /* two\n lines */\n    \"b\",\n  ]\n  \
                at   = other.label.name\n}\nvariable \"v\" {\n  type = object({ where = string, x = optional(bool) })\n}\n";
    let body = Body::parse(text).unwrap();
    let kinds: Vec<(&str, u32)> = body.blocks.iter().map(|block| (block.kind, block.line)).collect();
    assert_eq!(kinds, [("terraform", 2), ("resource", 10), ("variable", 18)]);
    let providers = &body.blocks[0].body.blocks[0].body;
    let panos = providers.get("panos").unwrap().as_object().unwrap();
    assert_eq!((panos[0].line, panos[0].value.as_text()), (5, Some("a/b")));
    let resource = &body.blocks[1];
    assert_eq!(resource.labels, ["kind", "label"]);
    let list = resource.body.get("list").unwrap();
    let lines: Vec<(u32, &str)> =
        list.as_list().unwrap().iter().map(|value| (value.line, value.as_text().unwrap())).collect();
    assert_eq!((list.line, lines), (11, vec![(12, "a"), (14, "b")]));
    let at = resource.body.get("at").unwrap();
    assert_eq!((at.line, &at.expression), (16, &Expression::Reference(vec!["other", "label", "name"])));
    let Expression::Call("object", fields) = &body.blocks[2].body.get("type").unwrap().expression else {
        panic!("no call")
    };
    assert_eq!(fields[0].as_object().unwrap()[1].key, "x");
}

#[test]
fn values_are_what_they_say() {
    for (text, want) in [
        ("a = \"plain\"", "Text(\"plain\")"),
        ("a = \"\\\"\\\\\\n\\u0041\\U0001F600\"", "Text(\"\\\"\\\\\\nA\u{1f600}\")"),
        ("a = \"$${x} %%{y} $ % $$ 100%\"", "Text(\"${x} %{y} $ % $$ 100%\")"),
        ("a = \"$\\u0024{x}\"", "Text(\"$${x}\")"),
        ("a = 10", "Number(\"10\")"),
        ("a = true", "Bool(true)"),
        ("a = null", "Null"),
        ("a = []", "List([])"),
        ("a = {}", "Object([])"),
        ("a = x", "Reference([\"x\"])"),
        ("a = f()", "Call(\"f\", [])"),
    ] {
        assert_eq!(first_value(text).as_deref(), Ok(want), "{text}");
    }
}

#[test]
fn what_computes_or_is_wrong_is_refused_with_its_line() {
    for (text, want) in [
        ("a = 1\n\nb = \"${x}\"", "line 3: a template is not understood"),
        ("a = \"%{if}\"", "line 1: a template is not understood"),
        ("a = <<EOT\nx\nEOT\n", "line 1: a heredoc is not understood"),
        ("a = 1 + 2", "line 1: `+` is not understood"),
        ("a = b ? c : d", "line 1: `?` is not understood"),
        ("a = b == c", "line 1: `=` is not understood"),
        ("a = [for x in y : x]", "line 1: `x` where a comma should be"),
        ("a = b[0]", "line 1: `[` where the line should end"),
        ("a = -1", "line 1: `-` is not understood"),
        ("a = 0x1", "line 1: `0x1` is no number that is understood"),
        ("a = 1\na = 2", "line 2: `a` a second time"),
        ("a = { b = 1, b = 2 }", "line 1: `b` a second time"),
        ("a = { b = 1 c = 2 }", "line 1: `c` where the next key should be"),
        ("a = \"x", "line 1: a text without an end"),
        ("a = \"x\ny\"", "line 1: a text that goes over a line"),
        ("a = \"\\x\"", "line 1: an escape that is not known"),
        ("a = \"\\ud800\"", "line 1: an escape of no character"),
        ("a = \"\\u00\u{e9}\"", "line 1: an escape of no character"),
        ("/* a", "line 1: a comment without an end"),
        ("a {\n", "line 2: the end of the file where an attribute or a block should be"),
        ("a = [\n1\n", "line 3: the end of the file where a comma should be"),
        ("}", "line 1: `}` where an attribute or a block should be"),
        ("a = 1 b = 2", "line 1: `b` where the line should end"),
        ("a \"b\" = 1", "line 1: `=` behind `a`"),
        ("a", "line 1: the end of the file behind `a`"),
        ("\u{e9} = 1", "line 1: `\u{e9}` is not understood"),
    ] {
        assert_eq!(Body::parse(text).unwrap_err().to_string(), want, "{text}");
    }
}

#[test]
fn depth_is_bounded() {
    for (open, close) in [("[", "]"), ("{ a = ", "}"), ("f(", ")")] {
        let text = |depth| format!("a = {}1{}\n", open.repeat(depth), close.repeat(depth));
        assert!(Body::parse(&text(60)).is_ok(), "{open}");
        assert!(Body::parse(&text(100_000)).is_err(), "{open}");
    }
    let text = |depth| format!("{}{}", "a {\n".repeat(depth), "}\n".repeat(depth));
    assert!(Body::parse(&text(60)).is_ok());
    assert!(Body::parse(&text(100_000)).is_err());
}

#[test]
fn what_is_written_for_terraform_is_read() {
    for text in [
        include_str!("../../../targets/paloalto/golden/hostile/main.tf"),
        include_str!("../../../targets/zscaler/golden/hostile/main.tf"),
        include_str!("../../../targets/zscaler/golden/builtin/main.tf"),
    ] {
        assert!(Body::parse(text).unwrap().blocks.len() > 3);
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_a_panic(text in "[a-z0-9\\-\"\\\\${}%\\[\\](),=.#/*<u \n\u{e9}]{0,60}") {
        let _ = Body::parse(&text);
    }
}
