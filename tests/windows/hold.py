"""Stops whoever opens a file of a folder until it has been looked at. Wine's server opens the files of all programs, so that
the whole Windows session stands still at a known point of an update, however short that is."""
import ctypes
import errno
import os
import select
import struct
import threading

CLASS_CONTENT, CLOEXEC, MARK_ADD, OPEN_PERM, ON_CHILD, ALLOW, HERE = 0x4, 0x1, 0x1, 0x10000, 0x08000000, 1, -100
EVENT = struct.Struct("IBBHQii")  # struct fanotify_event_metadata
libc = ctypes.CDLL(None, use_errno=True)


def watch(folder):
    """A descriptor that tells of each file there that is about to be opened."""
    events = libc.fanotify_init(CLASS_CONTENT | CLOEXEC, os.O_RDONLY | os.O_CLOEXEC)
    if events < 0:
        raise OSError(ctypes.get_errno(), "fanotify")
    if libc.fanotify_mark(events, MARK_ADD, ctypes.c_uint64(OPEN_PERM | ON_CHILD), HERE, os.fsencode(folder)) != 0:
        trouble = ctypes.get_errno()
        os.close(events)
        raise OSError(trouble, "fanotify")
    return events


def why_not(folder):
    """Nothing where it works; else why this machine cannot."""
    try:
        os.close(watch(folder))
    except OSError as trouble:
        return f"fanotify needs CAP_SYS_ADMIN and its kernel option: {errno.errorcode.get(trouble.errno, trouble.errno)}"
    return None


class Hold:
    def __init__(self, folder, look):
        """@param look  called with a descriptor of the file, which is closed then; must open nothing in that folder"""
        self.look = look
        self.events = watch(folder)
        self.end_read, self.end_write = os.pipe()
        self.thread = threading.Thread(target=self.answer)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.end_write)
        self.thread.join()
        os.close(self.end_read)
        os.close(self.events)

    def answer(self):
        while True:
            ready = select.select([self.events, self.end_read], [], [])[0]
            if self.end_read in ready:
                return
            told = os.read(self.events, 8192)
            while told:
                length, _, _, _, _, file, opener = EVENT.unpack_from(told)
                told = told[length:]
                try:
                    if opener != os.getpid():
                        self.look(file)
                finally:
                    os.write(self.events, struct.pack("iI", file, ALLOW))
                    os.close(file)
