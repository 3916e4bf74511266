"""Download files so that each one is complete or absent, and stays below the directory that the user chose.

`resumable` reads a URL to its end across broken connections, `atomic_file` gives a file its name only when it is
complete, locks incomplete ones and removes those that killed processes left, `safe_directory` opens directories without
following links, and `threads` moves blocking file operations to worker threads that survive cancellation.
`circleci_v2.artifacts.plan` decides which artifact paths are acceptable.

Threat model
------------

Trusted: the user, the destination they pass (including links on the way to it), and CircleCI's API.

Untrusted: the paths of artifacts, which any code that runs in a job can choose; the bodies and headers that storage
servers send; other processes that create or replace entries below the destination during a download.

Defended:

- *Hostile paths*: absolute paths, ``..``, drive letters, control characters, names that are too long, and (on Windows)
  device names and forbidden characters are rejected before anything is written. Two artifacts of one download never
  overwrite each other, not even on a case-insensitive file system.
- *Symbolic links below the destination*, including links that appear while files are being written: each directory is
  opened relative to its open parent with ``O_NOFOLLOW``, and the final name is assigned by ``link`` or ``rename``, which
  do not follow links. Content goes to a new file (``O_EXCL``), so hard links to existing files are never written through.
- *Partial files*: content is written under a random temporary name, flushed with ``fsync`` and then renamed. Errors and
  cancellation remove the temporary file; a killed process leaves at most hidden ``.circleci-*.part`` files, which the
  next download into the same directories removes. Their locks tell them from the files of running processes.
- *Mixed content*: a download is resumed only with a strong validator, sent as ``If-Range`` and compared with that of
  every part; ``Content-Range`` and ``Content-Length`` are checked against the bytes received.
- *Other content than the job stored*: a body with a ``Content-Encoding`` is decoded or rejected, and a status without
  the file, such as 204, is an error and not an empty file.
- *Token leaks*: the token is sent to the host of the API, to CircleCI's artifact hosts and to hosts that the user named,
  never to hosts that they redirect to. Presigned URLs are requested without it, and shown without their query.

Not defended:

- On platforms without ``dir_fd`` (Windows), directories are checked before they are entered; a link that is swapped in
  between the check and its use is followed.
- Other processes of the same user can change files after they have been committed.
- Mount points below the destination are entered like directories, and case-insensitivity is only tested at its top.
- Where file systems have no locks, part files of killed processes stay; where locks hold on one machine only, two machines
  must not download into one directory at a time.
- Sizes are not limited, and content is not inspected: a job can fill the disk.
- A body without a length, over a connection that ends it by closing, cannot be checked for truncation.
- The directory entry itself is not flushed: after a power failure a complete file may be missing, but never partial.
"""
