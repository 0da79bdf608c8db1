//! The handheld's program: the window, or one command without it.

fn main() -> std::process::ExitCode {
    lamplighter::run()
}
