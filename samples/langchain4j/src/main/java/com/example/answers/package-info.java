/** Retrieval from a folder of texts and pictures. */
@org.jspecify.annotations.NullMarked
package com.example.answers;
