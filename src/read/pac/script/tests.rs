//! Scripts as people write them, and as an attacker would.

use std::time::Instant;

use super::*;

/// Little, so that a test that runs against a limit takes no time.
const LITTLE: Limits = Limits {
    script: 2 << 20,
    memory: 8 << 20,
    stack: 256 << 10,
    loading: 50,
    answering: 50,
    answer: 1 << 10,
    patience: Duration::from_secs(20),
    whole: Duration::from_secs(60),
};

fn load(text: &str) -> Result<Script, ScriptError> {
    Script::load(&Arc::from("other.pac"), text.as_bytes(), LITTLE)
}

/// A script whose function has this body.
fn body(body: &str) -> Script {
    load(&format!("function FindProxyForURL(url, host) {{\n{body}\n}}"))
        .unwrap_or_else(|error| panic!("{body}: {error}"))
}

fn ask(script: &Script, url: &str) -> Result<Answer, ScriptError> {
    script.answer(&url.parse().unwrap())
}

fn text(script: &Script, url: &str) -> String {
    ask(script, url).unwrap_or_else(|error| panic!("{url}: {error}")).text
}

#[test]
fn a_script_is_given_what_a_browser_gives() {
    let script = body("return url + ' ' + host;");
    for (request, given) in [
        ("https://A.example.com./x?y", "https://a.example.com/ a.example.com"),
        ("https://a.example.com:8443/x", "https://a.example.com:8443/ a.example.com"),
        ("http://a.example.com/x/y", "http://a.example.com/x/y a.example.com"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/ 2001:db8::1"),
        ("http://203.0.113.7:81/", "http://203.0.113.7:81/ 203.0.113.7"),
    ] {
        assert_eq!(text(&script, request), given);
    }
}

#[test]
fn an_answer_is_taken_as_browsers_take_it() {
    let proxy = Direction::Proxy("a.test:1".to_owned());
    for (said, tried) in [
        ("PROXY a.test:1; DIRECT", vec![proxy.clone(), Direction::Direct]),
        ("a.test:1; proxy a.test:1", vec![proxy]),
        ("a.test:1", vec![Direction::Direct]),
        ("", vec![Direction::Direct]),
    ] {
        assert_eq!(ask(&body(&format!("return '{said}';")), "a.test").unwrap().tried(), tried, "{said}");
    }
}

#[test]
fn the_functions_of_browsers_are_there() {
    let script = body(
        "var yes = [\
           isPlainHostName('intranet'), !isPlainHostName('a.b'), !isPlainHostName('::1'),\
           dnsDomainIs('a.example.com', '.example.com'), !dnsDomainIs('example.com', '.example.com'),\
           dnsDomainIs('notexample.com', 'example.com'),\
           localHostOrDomainIs('www', 'www.a.test'), localHostOrDomainIs('www.a.test', 'www.a.test'),\
           !localHostOrDomainIs('www.b.test', 'www.a.test'), !localHostOrDomainIs('ww', 'www.a.test'),\
           dnsDomainLevels('a.b.c') == 2,\
           shExpMatch('a.b.example.com', '*.example.com'), shExpMatch('https://a/b/c', '*/c'),\
           !shExpMatch('axexample.com', '*.example.com'), shExpMatch('ab', 'a?'), !shExpMatch('A', 'a'),\
           shExpMatch('ac', '(a|b)c'), !shExpMatch('xa', 'a'),\
           isInNet('10.1.2.3', '10.0.0.0', '255.0.0.0'), !isInNet('11.1.2.3', '10.0.0.0', '255.0.0.0'),\
           !isInNet('300.1.2.3', '0.0.0.0', '0.0.0.0'), isResolvable('10.0.0.1'), dnsResolve('10.0.0.1') == '10.0.0.1',\
           convert_addr('10.0.0.1') == 167772161, convert_addr('255.0.0.0') == -16777216\
         ];\
         alert('x');\
         return yes.indexOf(false) < 0 ? 'DIRECT' : String(yes.indexOf(false));",
    );
    let answer = ask(&script, "a.test").unwrap();
    assert_eq!((&*answer.text, answer.uses.len()), ("DIRECT", 0));
}

#[test]
fn what_depends_on_more_than_the_request_is_told() {
    for (call, answer, uses) in [
        ("dnsResolve(host)", "null", vec![Use::Dns]),
        ("isResolvable(host)", "false", vec![Use::Dns]),
        ("isInNet(host, '10.0.0.0', '255.0.0.0')", "false", vec![Use::Dns]),
        ("myIpAddress()", "127.0.0.1", vec![Use::OwnAddress]),
        ("weekdayRange('MON', 'FRI')", "false", vec![Use::Clock]),
        ("dateRange(1, 31)", "false", vec![Use::Clock]),
        ("timeRange(8, 18)", "false", vec![Use::Clock]),
        ("new Date().getHours()", "12", vec![Use::Clock]),
        ("Date.now()", "1577880000000", vec![Use::Clock]),
        ("Date()", "Wed, 01 Jan 2020 12:00:00 GMT", vec![Use::Clock]),
        ("new Date(2020, 6, 1, 2).toISOString()", "2020-07-01T02:00:00.000Z", vec![]),
        ("new Date(0).getHours() + new Date(0).getTimezoneOffset()", "0", vec![]),
        ("Math.random()", "0.5", vec![Use::Random]),
        ("dnsResolveEx(host)", "", vec![Use::Dns, Use::Microsoft]),
        ("isResolvableEx('::1')", "true", vec![Use::Microsoft]),
        ("isInNetEx('2001:db8::1', '2001:db8::/32')", "true", vec![Use::Microsoft]),
        ("isInNetEx(host, '0.0.0.0/0')", "false", vec![Use::Microsoft]),
        ("myIpAddressEx()", "127.0.0.1", vec![Use::OwnAddress, Use::Microsoft]),
        ("sortIpAddressList('10.0.0.2; ::1;10.0.0.1')", "::1;10.0.0.1;10.0.0.2", vec![Use::Microsoft]),
        (
            "typeof performance + typeof WeakRef + typeof console + typeof require",
            &"undefined".repeat(4),
            vec![],
        ),
    ] {
        let answered = ask(&body(&format!("return String({call});")), "a.test").unwrap();
        assert_eq!(answered.text, answer, "{call}");
        assert_eq!(answered.uses, uses.into_iter().collect(), "{call}");
    }
    // One answer's uses are not the next one's.
    let script = body("return host == 'a.test' ? myIpAddress() : 'DIRECT';");
    assert_eq!(ask(&script, "a.test").unwrap().uses.len(), 1);
    assert_eq!(ask(&script, "b.test").unwrap().uses.len(), 0);
}

#[test]
fn what_does_not_load_is_told_with_its_line() {
    let line = |text: &str| match load(text).map(|_| ()) {
        Err(ScriptError::DoesNotLoad { line, .. }) => line,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(line("\n\nfunction FindProxyForURL(url, host) { return 'DIRECT' +; }"), 3);
    assert_eq!(line("function FindProxyForURL(url, host) {"), 1);
    assert_eq!(line("\nnoSuchThing();\nfunction FindProxyForURL() {}"), 2);
    assert_eq!(line("throw {};"), 0);
    assert_eq!(line("import 'x'; function FindProxyForURL() {}"), 1);
    assert_eq!(line("a\0b"), 0);
    for text in ["", "var FindProxyForURL;", "const FindProxyForURL = function () { return 'DIRECT'; };"] {
        assert_eq!(load(text).map(|_| ()), Err(ScriptError::NoFunction), "{text}");
    }
    let file = Arc::from("other.pac");
    let trouble = load("\nx x").map(|_| ()).unwrap_err().trouble(&file);
    assert_eq!(trouble.place.to_string(), "other.pac:2");
    assert!(
        trouble.what.starts_with("the script does not load, so that browsers connect directly: "),
        "{}",
        trouble.what
    );
    // As browsers run it: not strict.
    assert_eq!(
        text(&load("x = 010; function FindProxyForURL(a, a) { return String(x); }").unwrap(), "a.test"),
        "8"
    );
}

#[test]
fn what_is_no_answer_is_an_error() {
    for (of, want) in [
        ("return;", ScriptError::NotText { what: "undefined" }),
        ("return null;", ScriptError::NotText { what: "null" }),
        ("return 1;", ScriptError::NotText { what: "int" }),
        ("return { toString: function () { return 'DIRECT'; } };", ScriptError::NotText { what: "object" }),
        ("return new String('DIRECT');", ScriptError::NotText { what: "object" }),
        ("return '\\ud800';", ScriptError::NotText { what: "half of a character" }),
        ("return 'x'.repeat(1025);", ScriptError::TooLong { bytes: 1025, limit: 1024 }),
        (
            "return isInNetFoo(host);",
            ScriptError::Threw { line: 2, why: "isInNetFoo is not defined".to_owned() },
        ),
        (
            "throw 'DIRECT';",
            ScriptError::Threw { line: 0, why: "it throws a value of type string".to_owned() },
        ),
        ("throw new Error('a\\nb\\u001b');", ScriptError::Threw { line: 2, why: "a b ".to_owned() }),
        (
            "throw new Proxy(new Error(), { get: function () { while (true) {} } });",
            ScriptError::Threw { line: 0, why: "it throws a value of type proxy".to_owned() },
        ),
    ] {
        let script = body(of);
        assert_eq!(ask(&script, "a.test"), Err(want), "{of}");
    }
}

#[test]
fn a_script_that_never_ends_is_ended() {
    let started = Instant::now();
    for of in [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch (e) {} finally { continue; } }",
        "/^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!');",
        "shExpMatch('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b');",
        "[1].concat([]).indexOf.call({ length: 9007199254740991 }, 1);",
        "Object.defineProperty(Error.prototype, 'message', { get: function () { while (true) {} } }); throw new Error();",
        "(function f() { try { f(); } finally { f(); } })();",
    ] {
        let script = body(of);
        assert_eq!(ask(&script, "a.test"), Err(ScriptError::TooManySteps), "{of}");
    }
    assert_eq!(load("while (true) {}").map(|_| ()), Err(ScriptError::TooManySteps));
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[test]
fn a_script_that_takes_all_memory_gets_no_more() {
    for of in [
        "var a = []; while (true) { a.push(new Array(1000).join('x')); }",
        "var s = 'x'; while (true) { s += s; }",
        "return 'x'.repeat(1 << 29);",
        "return new Uint8Array(1 << 30).join();",
        "var a = 'x'.repeat(1 << 16).split('');  var b = []; for (;;) b.push(a.slice());",
    ] {
        let script = body(of);
        let ended = ask(&script, "a.test");
        assert!(
            matches!(
                ended,
                Err(ScriptError::TooMuchMemory | ScriptError::TooManySteps | ScriptError::Threw { .. })
            ),
            "{of}: {ended:?}"
        );
    }
    let script =
        body("if (host == 'a.test') { var a = [url]; for (;;) { a = a.concat(a); } } return 'DIRECT';");
    assert_eq!(ask(&script, "a.test"), Err(ScriptError::TooMuchMemory));
    assert_eq!(text(&script, "b.test"), "DIRECT");
}

#[test]
fn a_script_that_goes_too_deep_stops() {
    let nested = format!("return {}1{};", "(".repeat(100_000), ")".repeat(100_000));
    for of in [
        "function f() { return f() + 1; } return f();",
        "return JSON.stringify(JSON.parse('['.repeat(500000)));",
    ] {
        assert!(matches!(ask(&body(of), "a.test"), Err(ScriptError::Threw { .. })), "{of}");
    }
    let nested = format!("function FindProxyForURL() {{ {nested} }}");
    assert!(matches!(load(&nested).map(|_| ()), Err(ScriptError::DoesNotLoad { .. })));
    let regex = format!(
        "function FindProxyForURL() {{ return /{}x{}/.test('x'); }}",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    assert!(matches!(load(&regex).map(|_| ()), Err(ScriptError::DoesNotLoad { .. })));
}

#[test]
fn what_the_engine_does_in_one_piece_is_waited_for_so_long_and_no_longer() {
    let limits = Limits { patience: Duration::from_millis(100), ..LITTLE };
    // A text that is compared at every place of a longer one, a second or two in all: no step is counted.
    let text = "function FindProxyForURL() {\
                  var half = 'a'.repeat(1 << 17); return String((half + half).indexOf(half + 'b')); }";
    let script = Script::load(&Arc::from("slow.pac"), text.as_bytes(), limits).unwrap();
    assert_eq!(ask(&script, "a.test"), Err(ScriptError::TooSlow));
    // It is not asked again.
    assert_eq!(ask(&script, "a.test"), Err(ScriptError::TooSlow));
    // Nor is one whose answers took all the time that there is.
    let whole = Duration::ZERO;
    let text = "function FindProxyForURL() { return 'DIRECT'; }";
    let script = Script::load(&Arc::from("slow.pac"), text.as_bytes(), Limits { whole, ..LITTLE }).unwrap();
    assert_eq!(ask(&script, "a.test").map(|answer| answer.text), Ok("DIRECT".to_owned()));
    assert_eq!(ask(&script, "a.test"), Err(ScriptError::Exhausted(whole)));
}

#[test]
fn a_script_may_change_what_it_was_given_and_nothing_else() {
    for (of, want) in [
        ("String.prototype.toString = function () { return 'x'; }; return 'DIRECT';", "DIRECT"),
        (
            "Object.prototype.FindProxyForURL = 1; delete globalThis.FindProxyForURL; return 'DIRECT';",
            "DIRECT",
        ),
        (
            "dnsResolve = function () { return '10.0.0.1'; }; return String(isInNet(host, '10.0.0.0', '255.0.0.0'));",
            "true",
        ),
        (
            "return String(Date.prototype.constructor === Date && new Date(5) instanceof Date && new Date().constructor().length > 9);",
            "true",
        ),
        (
            "return typeof used + typeof inNet + typeof sorted + typeof Real;",
            "undefinedundefinedundefinedundefined",
        ),
        ("return eval('typeof used') + new Function('return typeof inNet')();", "undefinedundefined"),
        ("return (function () { return typeof this.FindProxyForURL; })();", "function"),
    ] {
        assert_eq!(text(&body(of), "a.test"), want, "{of}");
    }
    let script = load(
        "Object.defineProperty(globalThis, 'FindProxyForURL', { get: function () { while (true) {} } });",
    );
    assert_eq!(script.map(|_| ()), Err(ScriptError::TooManySteps));
    let script = body("delete globalThis.FindProxyForURL; FindProxyForURL = null; return 'DIRECT';");
    assert_eq!(text(&script, "a.test"), "DIRECT");
    assert_eq!(ask(&script, "a.test"), Err(ScriptError::NoFunction));
    let script = load("function FindProxyForURL() { return typeof import.meta; }");
    assert!(matches!(script.map(|_| ()), Err(ScriptError::DoesNotLoad { .. })));
}

#[test]
fn octets_are_read_as_browsers_read_them() {
    let text = "function FindProxyForURL() { return '\u{e9}'; }";
    let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(order).collect()
    };
    let latin1: Vec<u8> = text.chars().map(|own| own as u8).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for (bytes, told) in [
        (text.as_bytes().to_vec(), None),
        (latin1, Some("neither ASCII nor UTF-8")),
        (marked, Some("a byte-order mark")),
        (utf16(u16::to_le_bytes), Some("a byte-order mark")),
        (utf16(u16::to_be_bytes), Some("a byte-order mark")),
    ] {
        let script = Script::load(&Arc::from("other.pac"), &bytes, LITTLE).unwrap();
        assert_eq!(ask(&script, "a.test").unwrap().text, "\u{e9}");
        assert_eq!(script.troubles().len(), usize::from(told.is_some()));
        assert!(told.is_none_or(|told| script.troubles()[0].what.contains(told)));
    }
}

#[test]
fn what_browsers_take_otherwise_is_told_with_its_line() {
    for (line, told) in [
        ("dnsDomainIs(host, 'example.com');", Some("the host `notexample.com` is in it, too")),
        ("dnsDomainIs(host, '.example.com');", None),
        ("dnsDomainIs(host, \".Example.com\");", Some("has capitals")),
        ("// dnsDomainIs(host, 'example.com');", None),
        ("shExpMatch(host, '*.example.com');", None),
        ("shExpMatch(host, '*example.com');", Some("the host `notexample.com` matches, too")),
        ("shExpMatch(host, '*.Example.com');", Some("has capitals")),
        ("shExpMatch(host, '(*.a.test|*.b.test)');", Some("regular expression")),
        ("shExpMatch(url, 'https://a.test/x*');", Some("browsers give none over HTTPS")),
        ("shExpMatch(url, 'https://a.test/*');", None),
        ("shExpMatch(url, '*a.test*');", Some("whole URL")),
        ("shExpMatch(url, '*://a.test/*');", None),
        ("isInNetEx(host, '10.0.0.0/8');", None),
        ("isResolvableEx(host);", Some("Firefox has no `isResolvableEx`")),
        ("function FindProxyForURLEx() {}", Some("Windows calls `FindProxyForURLEx`")),
    ] {
        let script = body(line);
        let found: Vec<String> =
            script.troubles().iter().map(|own| format!("{} {}", own.place, own.what)).collect();
        match told {
            Some(told) => assert!(
                found.len() == 1 && found[0].starts_with("other.pac:2 ") && found[0].contains(told),
                "{line}: {found:?}"
            ),
            None => assert!(found.is_empty(), "{line}: {found:?}"),
        }
    }
    let chain = "if (host == 'a') { } else ".repeat(5_001);
    let text = format!("function FindProxyForURL(url, host) {{ {chain} {{ }} return 'DIRECT'; }}");
    let script = Script::load(&Arc::from("other.pac"), text.as_bytes(), Limits::default()).unwrap();
    assert!(script.troubles()[0].what.starts_with("5000 times `else if`"), "{:?}", script.troubles());
    let long = body(&format!("// {}", "x".repeat(1 << 20)));
    assert!(long.troubles()[0].what.ends_with("they connect directly"));
    let longer = format!("// {}", "x".repeat(2 << 20));
    assert!(matches!(load(&longer).map(|_| ()), Err(ScriptError::TooLarge { .. })));
}
