// Hosts count threads and wait for deadlines: one at a time.
[assembly: DoNotParallelize]
