//! The driver's library, opened when first needed.
use super::backend::{Backend, guarded};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

unsafe extern "C" {
    fn dlopen(file: *const c_char, flag: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
    fn dlinfo(library: *mut c_void, request: c_int, info: *mut c_void) -> c_int;
}

/// `RTLD_NOW` and `RTLD_DI_LINKMAP` of Linux.
const RTLD_NOW: c_int = 2;
const RTLD_DI_LINKMAP: c_int = 2;

/// The driver's library.
struct Library {
    handle: usize,
    /// Where it was found.
    path: String,
}

static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();

/// `libcuda.so.1`, or the loader's message on why it cannot be loaded.
fn library() -> Result<&'static Library, &'static str> {
    let found = LIBRARY.get_or_init(|| {
        // SAFETY: a valid C string; loading the driver's library runs its own initialisers only.
        let handle = unsafe { dlopen(c"libcuda.so.1".as_ptr(), RTLD_NOW) };
        if handle.is_null() {
            // SAFETY: null, or a string that lives until the next call of the loader on this thread.
            let words = unsafe { text_at(dlerror()) };
            return Err(words.unwrap_or_else(|| "no words".to_owned()));
        }
        let path = path_of(handle).unwrap_or_else(|| "libcuda.so.1".to_owned());
        let handle = handle as usize;
        Ok(Library { handle, path })
    });
    found.as_ref().map_err(String::as_str)
}

/// # Safety
///
/// It is null or a C string.
pub(super) unsafe fn text_at(text: *const c_char) -> Option<String> {
    // SAFETY: the caller says so.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })?;
    Some(text.to_string_lossy().into_owned())
}

/// The file of a loaded library.
fn path_of(library: *mut c_void) -> Option<String> {
    /// The public head of the loader's `struct link_map` (`link.h`).
    #[repr(C)]
    struct LinkMap {
        base: usize,
        name: *const c_char,
    }
    let mut map: *const LinkMap = std::ptr::null();
    let out = (&raw mut map).cast();
    // SAFETY: a handle from `dlopen`; the request writes one pointer, to what lives as long as the library, which is
    // never closed.
    unsafe {
        let code = dlinfo(library, RTLD_DI_LINKMAP, out);
        let map = (code == 0 && !map.is_null()).then(|| &*map)?;
        text_at(map.name)
    }
}

/// Where the driver's library is, once it has been loaded.
pub(super) fn library_path() -> Option<&'static str> {
    let found = LIBRARY.get()?.as_ref().ok()?;
    Some(&found.path)
}

/// Why there is no driver's library that can be loaded, in the loader's words.
pub(in crate::cuda) fn no_driver() -> Option<String> {
    let words = library().err()?;
    Some(format!(
        "no CUDA driver (libcuda.so.1) could be loaded; the loader says: {words}"
    ))
}

/// Whether the CUDA driver's library is on this machine.
pub(super) fn has_driver() -> bool {
    library().is_ok()
}

/// Address of a driver function; 0 when the driver or the function is not there.
pub(super) fn symbol(name: &CStr) -> usize {
    match library() {
        Err(_) => 0,
        // SAFETY: the handle is from dlopen and never closed; a valid C string.
        Ok(library) => unsafe { dlsym(library.handle as *mut c_void, name.as_ptr()) as usize },
    }
}

/// Which backend answers this thread: the one that its guard sets, else the driver if there is one.
pub(super) fn backend() -> Backend {
    guarded().unwrap_or(match has_driver() {
        true => Backend::Driver,
        false => Backend::Reference,
    })
}
