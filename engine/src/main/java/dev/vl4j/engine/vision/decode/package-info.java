/** What all image formats share: the decoded image, its errors, and the rules that end in RGB. */
package dev.vl4j.engine.vision.decode;
