//! Runs a VRL program over lines of JSON: `vrl-peer PROGRAM < IN > OUT`. An event that the program aborts is dropped.
use std::io::{BufRead, BufWriter, Write};

use vrl::compiler::runtime::{Runtime, Terminate};
use vrl::compiler::{TargetValue, TimeZone, compile, state::RuntimeState};
use vrl::value::{Secrets, Value};

fn main() {
    let path = std::env::args().nth(1).expect("usage: vrl-peer PROGRAM");
    let source = std::fs::read_to_string(path).expect("the program is readable");
    let program = compile(&source, &vrl::stdlib::all()).expect("the program compiles").program;
    let mut runtime = Runtime::new(RuntimeState::default());
    let zone = TimeZone::default();
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line of UTF-8");
        let value: Value = serde_json::from_str(&line).expect("a line of JSON");
        let mut target = TargetValue { value, metadata: Value::Object(Default::default()), secrets: Secrets::default() };
        match runtime.resolve(&mut target, &program, &zone) {
            Ok(_) => {
                serde_json::to_writer(&mut out, &target.value).expect("stdout takes it");
                out.write_all(b"\n").expect("stdout takes it");
            }
            Err(Terminate::Abort(_)) => {}
            Err(other) => panic!("{other}"),
        }
        runtime.clear();
    }
}
