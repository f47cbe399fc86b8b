@NullMarked
package com.example.search;

import org.jspecify.annotations.NullMarked;
