/** Video files, decoded by FFmpeg through JavaCPP's bindings. */
package dev.vl4j.media.ffmpeg;
