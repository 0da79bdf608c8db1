//! Lets Tauri check the window's permissions and collect the built screens.

fn main() {
    tauri_build::build();
}
