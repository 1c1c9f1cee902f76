// Text that comes from a file and is shown to people.
#pragma once

#include <string>
#include <string_view>

namespace provenn {

// Fit for a terminal: bytes that are not UTF-8 and characters that could hide, forge or reorder what is shown
// (controls, line separators, marks of direction, characters without width) become \xHH, byte by byte.
std::string Printable(std::string_view text);
// The same between double quotes, with \" and \\ inside: where a name stands in a sentence or beside other text.
std::string Quoted(std::string_view text);

// A real number with that many significant digits, without trailing zeros; nine tell all of single precision apart.
std::string Number(double value, int digits = 6);

}  // namespace provenn
