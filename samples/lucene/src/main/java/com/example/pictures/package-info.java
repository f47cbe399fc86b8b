/** A program that searches texts and pictures by Lucene and vl4j. */
@org.jspecify.annotations.NullMarked
package com.example.pictures;
