package dev.vl4j.search;

/**
 * What an index knows of a file.
 *
 * @param path from the root on
 * @param stamp of the file when it was read
 * @param hash SHA-256 of its bytes, in hexadecimal
 * @param entries how many it has; none if there was nothing in it
 */
record FileRecord(String path, FileStamp stamp, String hash, int entries) {}
