/** A Spark job that ranks products for queries. */
@NullMarked
package com.example.ranking;

import org.jspecify.annotations.NullMarked;
