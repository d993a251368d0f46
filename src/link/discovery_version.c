#include "link/discovery_version.h"

#include <cjson/cJSON.h>

const char *discovery_cjson_version(void)
{
    return cJSON_Version();
}
